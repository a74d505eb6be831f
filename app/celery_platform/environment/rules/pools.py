"""Rules between queues and pools."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def queue_names_an_existing_pool(env: Environment) -> Iterator[Problem]:
    """A queue nobody drains grows without bound."""
    for name, queue in env.queues.items():
        for pool in queue.pool:
            if pool not in env.pools:
                yield Problem(f"queues.{name}.pool", repr(pool), f"one of: {', '.join(sorted(env.pools))}")


def queue_names_a_pool_once(env: Environment) -> Iterator[Problem]:
    """A pool drains a queue or does not; named twice, one of the two was meant to be another."""
    for name, queue in env.queues.items():
        for pool in sorted({pool for pool in queue.pool if queue.pool.count(pool) > 1}):
            yield Problem(f"queues.{name}.pool", f"{pool!r} twice", "each pool once")


def every_pool_drains_a_queue(env: Environment) -> Iterator[Problem]:
    """A pool without a queue costs money, and Celery would let it consume the default queue of another."""
    used = {pool for queue in env.queues.values() for pool in queue.pool}
    for name in sorted(set(env.pools) - used):
        yield Problem(f"pools.{name}", "a pool that no queue names", "a pool that at least one queue names")


def pool_bounds_are_ordered(env: Environment) -> Iterator[Problem]:
    """Every autoscaler refuses a minimum above the maximum, after the apply has begun."""
    for name, pool in env.pools.items():
        if pool.min > pool.max:
            yield Problem(f"pools.{name}.min", str(pool.min), f"at most max ({pool.max})")


def hosts_are_not_autoscaled(env: Environment) -> Iterator[Problem]:
    """Hosts have fixed names and addresses, so their number is one number."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.min != pool.max:
            yield Problem(f"pools.{name}.max", str(pool.max), f"equal to min ({pool.min}) on a pool that runs on hosts")


def auto_concurrency_is_for_processes(env: Environment) -> Iterator[Problem]:
    """Other pools are sized by how long tasks wait, which no number of cores tells (Celery guide, "Concurrency")."""
    for name, pool in env.pools.items():
        if pool.concurrency == "auto" and pool.type not in ("prefork", "turbo"):
            yield Problem(
                f"pools.{name}.concurrency", f"auto on a {pool.type} pool", "a number, or type prefork or turbo"
            )


def pool_on_eks_has_a_name_kubernetes_takes(env: Environment) -> Iterator[Problem]:
    """A Deployment's and a ServiceAccount's name is a DNS label (RFC 1123): no underscore."""
    for name, pool in env.pools.items():
        if pool.runs_on == "eks" and "_" in name:
            yield Problem(f"pools.{name}", "an underscore in the name of a pool on EKS", "letters and digits")


def hpa_keeps_a_worker(env: Environment) -> Iterator[Problem]:
    """Kubernetes' own autoscaler cannot start from nothing (HPAScaleToZero is alpha); KEDA can."""
    for name, pool in env.pools.items():
        if env.autoscaler == "hpa" and pool.runs_on == "eks" and pool.min == 0:
            yield Problem(f"pools.{name}.min", "0 with autoscaler hpa", "at least 1, or autoscaler keda")


RULES = (
    hpa_keeps_a_worker,
    auto_concurrency_is_for_processes,
    pool_on_eks_has_a_name_kubernetes_takes,
    queue_names_an_existing_pool,
    queue_names_a_pool_once,
    every_pool_drains_a_queue,
    pool_bounds_are_ordered,
    hosts_are_not_autoscaled,
)

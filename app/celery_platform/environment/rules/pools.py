"""Rules between queues and pools."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# The types whose tasks run in child processes.
CHILDREN = ("prefork", "turbo")


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
        if pool.concurrency == "auto" and pool.type not in CHILDREN:
            yield Problem(
                f"pools.{name}.concurrency", f"auto on a {pool.type} pool", "a number, or type prefork or turbo"
            )


def children_are_replaced_where_there_are_some(env: Environment) -> Iterator[Problem]:
    """Threads, greenlets and the solo worker have no child process: Celery's pools of these types read neither setting.

    A worker with a leak would go on growing under a limit that stands in the file (Celery guide, "Workers", "Max tasks
    per child setting" and "Max memory per child setting": prefork alone; a turbo pool's processes are the platform's).
    """
    for name, pool in env.pools.items():
        bounds = {
            "max_tasks_per_child": pool.max_tasks_per_child,
            "max_memory_per_child_mib": pool.max_memory_per_child_mib,
        }
        for key, value in bounds.items():
            if value is not None and pool.type not in CHILDREN:
                found = f"{value} on a {pool.type} pool, which has no child processes"
                yield Problem(f"pools.{name}.{key}", found, f"nothing, or type {' or '.join(CHILDREN)}")


def children_fit_into_their_worker(env: Environment) -> Iterator[Problem]:
    """A child is replaced after its task; one that may hold all that the worker has is killed in the middle of one.

    `memory_mib` is the limit of the pod or of the unit, and the kernel ends what goes beyond.
    """
    for name, pool in env.pools.items():
        most = pool.max_memory_per_child_mib
        if pool.type in CHILDREN and most is not None and most >= pool.memory_mib:
            allowed = f"less than memory_mib ({pool.memory_mib}), which is the limit of the whole worker"
            yield Problem(f"pools.{name}.max_memory_per_child_mib", str(most), allowed)


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
    children_are_replaced_where_there_are_some,
    children_fit_into_their_worker,
    pool_on_eks_has_a_name_kubernetes_takes,
    queue_names_an_existing_pool,
    queue_names_a_pool_once,
    every_pool_drains_a_queue,
    pool_bounds_are_ordered,
    hosts_are_not_autoscaled,
)

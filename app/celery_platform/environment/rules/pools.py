"""Rules between queues and pools."""

from collections.abc import Iterator

from celery_platform.environment.derived.broker import asked_by_keda
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# The types whose tasks run in child processes.
CHILDREN = ("prefork", "turbo")


def queue_names_an_existing_pool(env: Environment) -> Iterator[Problem]:
    """A queue that no pool drains grows without bound."""
    for name, queue in env.queues.items():
        for pool in queue.pool:
            if pool not in env.pools:
                yield Problem(f"queues.{name}.pool", repr(pool), f"one of: {', '.join(sorted(env.pools))}")


def queue_names_a_pool_once(env: Environment) -> Iterator[Problem]:
    """If a pool is listed twice, another pool was probably meant."""
    for name, queue in env.queues.items():
        for pool in sorted({pool for pool in queue.pool if queue.pool.count(pool) > 1}):
            yield Problem(f"queues.{name}.pool", f"{pool!r} twice", "each pool once")


def every_pool_drains_a_queue(env: Environment) -> Iterator[Problem]:
    """A pool without a queue costs money, and Celery would make it consume the default queue."""
    used = {pool for queue in env.queues.values() for pool in queue.pool}
    for name in sorted(set(env.pools) - used):
        yield Problem(f"pools.{name}", "a pool that no queue names", "a pool that at least one queue names")


def pool_bounds_are_ordered(env: Environment) -> Iterator[Problem]:
    """Every autoscaler refuses a minimum above the maximum, after the apply has begun.

    Refused by: Kubernetes and KEDA (HorizontalPodAutoscaler, spec.maxReplicas).
    """
    for name, pool in env.pools.items():
        if pool.min > pool.max:
            yield Problem(f"pools.{name}.min", str(pool.min), f"at most max ({pool.max})")


def hosts_are_not_autoscaled(env: Environment) -> Iterator[Problem]:
    """Hosts have fixed names and addresses, so their number is fixed too."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.min != pool.max:
            yield Problem(f"pools.{name}.max", str(pool.max), f"equal to min ({pool.min}) on a pool that runs on hosts")


def auto_concurrency_is_for_processes(env: Environment) -> Iterator[Problem]:
    """The size of other pools depends on how long tasks wait for I/O, not on cores (Celery guide, "Concurrency")."""
    for name, pool in env.pools.items():
        if pool.concurrency == "auto" and pool.type not in CHILDREN:
            yield Problem(
                f"pools.{name}.concurrency", f"auto on a {pool.type} pool", "a number, or type prefork or turbo"
            )


def child_limits_need_child_processes(env: Environment) -> Iterator[Problem]:
    """Threads, gevent, asyncio and solo pools have no child processes: Celery ignores both settings for them.

    A worker with a memory leak would keep growing in spite of the limit in the file (Celery guide, "Workers", "Max
    tasks per child setting" and "Max memory per child setting": prefork only; the platform manages a turbo pool's
    processes).

    Refused by: nobody; Celery ignores it.
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
    """A child is replaced after its task; one that may use the worker's whole memory is killed in the middle of a task.

    `memory_mib` is the limit of the pod or the systemd unit, and the kernel kills processes that exceed it.

    Refused by: the kernel, which kills the worker (Kubernetes, resources.limits; systemd, MemoryMax).
    """
    for name, pool in env.pools.items():
        most = pool.max_memory_per_child_mib
        if pool.type in CHILDREN and most is not None and most >= pool.memory_mib:
            allowed = f"less than memory_mib ({pool.memory_mib}), which is the limit of the whole worker"
            yield Problem(f"pools.{name}.max_memory_per_child_mib", str(most), allowed)


def pool_on_eks_has_a_name_kubernetes_takes(env: Environment) -> Iterator[Problem]:
    """The names of Deployments and ServiceAccounts are DNS labels (RFC 1123), without underscores.

    Refused by: Kubernetes ("Object Names and IDs").
    """
    for name, pool in env.pools.items():
        if pool.runs_on == "eks" and "_" in name:
            yield Problem(f"pools.{name}", "an underscore in the name of a pool on EKS", "letters and digits")


def hpa_keeps_a_worker(env: Environment) -> Iterator[Problem]:
    """The HPA of Kubernetes cannot scale up from zero (HPAScaleToZero is alpha); KEDA can.

    Refused by: Kubernetes, HorizontalPodAutoscaler (spec.minReplicas).
    """
    for name, pool in env.pools.items():
        if env.autoscaler == "hpa" and pool.runs_on == "eks" and pool.min == 0:
            yield Problem(f"pools.{name}.min", "0 with autoscaler hpa", "at least 1, or autoscaler keda")


def keda_asks_rabbitmq_over_tls(env: Environment) -> Iterator[Problem]:
    """KEDA reads backlogs from RabbitMQ's management API, which the network admits only over TLS: it sends a password.

    Refused by: nobody; the pools would stay at their minimum.
    """
    if asked_by_keda(env) and env.broker.self_managed is not None and not env.broker.self_managed.tls:
        allowed = f"hpa, or broker.{env.broker.kind.value}.tls: true"
        yield Problem("autoscaler", "keda with a RabbitMQ without TLS", allowed)


RULES = (
    hpa_keeps_a_worker,
    keda_asks_rabbitmq_over_tls,
    auto_concurrency_is_for_processes,
    child_limits_need_child_processes,
    children_fit_into_their_worker,
    pool_on_eks_has_a_name_kubernetes_takes,
    queue_names_an_existing_pool,
    queue_names_a_pool_once,
    every_pool_drains_a_queue,
    pool_bounds_are_ordered,
    hosts_are_not_autoscaled,
)

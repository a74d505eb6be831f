"""Which pools run side by side on the machines of one of them, and where each worker there serves its metrics."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.drains import workers
from celery_platform.environment.model import Environment

# Free in Prometheus's list of default ports. Of several workers on a host the first has this one, the next one more.
WORKER_PORT = 9540


def owners(env: Environment) -> list[str]:
    """The pools that have machines of their own."""
    return [name for name, pool in env.pools.items() if pool.runs_on == "hosts" and pool.hosts_with is None]


def pools_on(env: Environment, owner: str) -> list[str]:
    """The pools on the machines of `owner`, which comes first.

    Example: `pools_on(load("prod"), "cpu") == ["cpu"]`
    """
    return [owner, *(name for name, pool in env.pools.items() if pool.hosts_with == owner)]


def metrics_port(env: Environment, name: str) -> int:
    """The port of the pool's first worker on a machine; a pod has the first port for itself."""
    owner = env.pools[name].hosts_with or name
    beside = pools_on(env, owner)
    return WORKER_PORT + sum(workers(env.pools[each]) for each in beside[: beside.index(name)])


def metrics_targets(env: Environment) -> list[Json]:
    """Each port on which a pool's workers serve their metrics, on the machines of which pool."""
    return [
        {"port": metrics_port(env, name) + number, "pool": name, "machines": owner}
        for owner in owners(env)
        for name in pools_on(env, owner)
        for number in range(workers(env.pools[name]))
    ]


def metrics_ports(env: Environment) -> list[int]:
    """Every port on which a worker of any machine serves its metrics."""
    return sorted({WORKER_PORT, *(target["port"] for target in metrics_targets(env))})

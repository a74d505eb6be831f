"""Which pools share the machines of one of them, and the port on which each worker there serves its metrics."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.drains import workers
from celery_platform.environment.model import Environment

# Unassigned in Prometheus's list of default ports. The first worker on a host uses it, the next one the port after it.
WORKER_PORT = 9540


def owners(env: Environment) -> list[str]:
    """The pools that own machines."""
    return [name for name, pool in env.pools.items() if pool.runs_on == "hosts" and pool.hosts_with is None]


def pools_on(env: Environment, owner: str) -> list[str]:
    """The pools that run on the machines of `owner`, starting with `owner`.

    Example: `pools_on(load("prod"), "cpu") == ["cpu"]`
    """
    return [owner, *(name for name, pool in env.pools.items() if pool.hosts_with == owner)]


def metrics_port(env: Environment, name: str) -> int:
    """The metrics port of the pool's first worker on a machine. In a pod, it is always the first port."""
    owner = env.pools[name].hosts_with or name
    pools = pools_on(env, owner)
    return WORKER_PORT + sum(workers(env.pools[each]) for each in pools[: pools.index(name)])


def metrics_targets(env: Environment) -> list[Json]:
    """Each port on which a pool's workers serve metrics, and the pool that owns the machines."""
    return [
        {"port": metrics_port(env, name) + number, "pool": name, "machines": owner}
        for owner in owners(env)
        for name in pools_on(env, owner)
        for number in range(workers(env.pools[name]))
    ]


def metrics_ports(env: Environment) -> list[int]:
    """Every port on which a worker of any machine serves its metrics."""
    return sorted({WORKER_PORT, *(target["port"] for target in metrics_targets(env))})

"""Rules about pools that run on the machines of another pool."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.pools import MACHINES


def hosts_with_names_a_pool_that_has_machines(env: Environment) -> Iterator[Problem]:
    """One pool determines the number and size of the machines; in a chain of pools it would be unclear which one."""
    owners = [name for name, pool in env.pools.items() if pool.runs_on == "hosts" and pool.hosts_with is None]
    for name, pool in env.pools.items():
        if pool.hosts_with is not None and pool.hosts_with not in owners:
            allowed = f"a pool on hosts with machines of its own: {', '.join(owners) or 'there is none'}"
            yield Problem(f"pools.{name}.hosts_with", repr(pool.hosts_with), allowed)


def only_pools_on_hosts_share_machines(env: Environment) -> Iterator[Problem]:
    """Kubernetes schedules pods by their resource requests; there, more workers simply are more pods."""
    for name, pool in env.pools.items():
        if pool.runs_on == "eks" and pool.hosts_with is not None:
            yield Problem(f"pools.{name}.hosts_with", "a pool that runs on eks", "runs_on: hosts, or no hosts_with")
        if pool.runs_on == "eks" and pool.workers_per_host > 1:
            found = f"{pool.workers_per_host} on a pool that runs on eks"
            yield Problem(f"pools.{name}.workers_per_host", found, "1; `min` and `max` set the number of pods")


def machines_are_described_once(env: Environment) -> Iterator[Problem]:
    """Two pools on the same machines cannot require different numbers or sizes."""
    for name, pool in env.pools.items():
        owner = env.pools.get(pool.hosts_with or name, pool)
        for key in MACHINES:
            mine, theirs = getattr(pool, key), getattr(owner, key)
            if mine != theirs:
                found = f"{mine}, with hosts_with: {pool.hosts_with}, which has {theirs}"
                yield Problem(f"pools.{name}.{key}", found, f"nothing: the value of {pool.hosts_with} applies")


RULES = (machines_are_described_once, hosts_with_names_a_pool_that_has_machines, only_pools_on_hosts_share_machines)

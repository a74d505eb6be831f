"""Hosts: names, fixed addresses, zones, and the properties of their machine image."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.addresses import Place, Places, names
from celery_platform.environment.derived.machines import architecture, sizes
from celery_platform.environment.derived.placement import owners, pools_on
from celery_platform.environment.model import Environment

# The Python of each Debian release and the CPU name in wheel tags of each Debian architecture.
DEBIAN_PYTHON = {"12": "3.11", "13": "3.13"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def platform(env: Environment) -> Json:
    """The properties of the machine image: the Python version it contains and the CPUs it runs on."""
    _, release, *_ = env.hosts.image.split("-")
    return env.hosts.model_dump(mode="json") | {
        "release": release,
        "python_version": DEBIAN_PYTHON[release],
        "machines": [MACHINES[kind] for kind in _architectures(env)],
    }


def _architectures(env: Environment) -> list[str]:
    """The architectures of the hosts that run the app; amd64 if there are no such hosts."""
    own = {architecture(env, sizes(pool)[0]) for pool in env.pools.values() if pool.runs_on == "hosts"}
    if env.monitoring.instance_type is not None:
        own.add(architecture(env, env.monitoring.instance_type))
    return sorted(own) or ["amd64"]


def rabbitmq_hosts(env: Environment, prefix: str, places: Places) -> Json:
    """The nodes of a self-managed RabbitMQ; empty if another broker is in use."""
    nodes = env.broker.self_managed
    if nodes is None:
        return {}
    own = {"volume_gib": nodes.volume_gib}
    every = names(env, prefix)["rabbitmq"]
    return {name: _host(env, "rabbitmq", nodes.instance_type, places[name]) | own for name in every}


def monitoring_hosts(env: Environment, prefix: str, places: Places) -> Json:
    """The host of Prometheus, Alertmanager and the broker exporter; empty if the environment has none."""
    size = env.monitoring.instance_type
    if size is None:
        return {}
    return {name: _host(env, "monitoring", size, places[name]) for name in names(env, prefix)["monitoring"]}


def worker_hosts(env: Environment, prefix: str, places: Places) -> Json:
    """The hosts of all pools that run on hosts. `pool` is the pool that owns the machine, `pools` all that run on it.

    Example: `resolve(load("prod"))["worker_hosts"]["celery-prod-worker-cpu-1"]["pools"] == ["cpu"]`
    """
    every = names(env, prefix)
    return {
        name: _host(env, "worker", sizes(env.pools[pool])[0], places[name])
        | {"pool": pool, "pools": pools_on(env, pool)}
        for pool in owners(env)
        for name in every[f"worker-{pool}"]
    }


def _host(env: Environment, role: str, instance_type: str, place: Place) -> Json:
    return {
        "role": role,
        "zone": place.zone,
        "private_ip": str(place.address),
        "instance_type": instance_type,
        "architecture": architecture(env, instance_type),
    }

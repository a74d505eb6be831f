"""Hosts: names, fixed addresses, zones, and the properties of their machine image."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.existing import hosts_block
from celery_platform.environment.derived.machines import architecture, sizes
from celery_platform.environment.derived.network import network
from celery_platform.environment.derived.placement import owners, pools_on
from celery_platform.environment.model import Environment

# The Python of each Debian release and the CPU name in wheel tags of each Debian architecture.
DEBIAN_PYTHON = {"12": "3.11", "13": "3.13"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# AWS reserves the first four addresses of a subnet. Hosts start at round numbers so that addresses are easy to read.
FIRST_HOST_ADDRESS = {"rabbitmq": 10, "monitoring": 30, "worker": 40}


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
    own = {architecture(sizes(pool)[0]) for pool in env.pools.values() if pool.runs_on == "hosts"}
    if env.monitoring.instance_type is not None:
        own.add(architecture(env.monitoring.instance_type))
    return sorted(own) or ["amd64"]


def rabbitmq_hosts(env: Environment, prefix: str) -> Json:
    """The nodes of a self-managed RabbitMQ; empty if another broker is in use."""
    nodes = env.broker.self_managed
    if nodes is None:
        return {}
    names = [f"{prefix}-rabbitmq-{number + 1}" for number in range(nodes.nodes)]
    hosts = _hosts(env, "rabbitmq", names, nodes.instance_type, FIRST_HOST_ADDRESS["rabbitmq"])
    return {name: host | {"volume_gib": nodes.volume_gib} for name, host in hosts.items()}


def monitoring_hosts(env: Environment, prefix: str) -> Json:
    """The host of Prometheus, Alertmanager and the broker exporter; empty if the environment has none."""
    size = env.monitoring.instance_type
    if size is None:
        return {}
    return _hosts(env, "monitoring", [f"{prefix}-monitoring-1"], size, FIRST_HOST_ADDRESS["monitoring"])


def worker_hosts(env: Environment, prefix: str) -> Json:
    """The hosts of all pools that run on hosts. `pool` is the pool that owns the machine, `pools` all that run on it.

    Example: `worker_hosts(load("prod"), "celery-prod")["celery-prod-worker-cpu-1"]["pools"] == ["cpu"]`
    """
    hosts: Json = {}
    first = FIRST_HOST_ADDRESS["worker"]
    for pool_name in owners(env):
        pool = env.pools[pool_name]
        names = [f"{prefix}-worker-{pool_name}-{number + 1}" for number in range(pool.min)]
        for name, host in _hosts(env, "worker", names, sizes(pool)[0], first).items():
            hosts[name] = host | {"pool": pool_name, "pools": pools_on(env, pool_name)}
        first += len(names)
    return hosts


def every_host(env: Environment) -> Iterator[tuple[str, str, IPv4Address]]:
    """Name, zone and address of every host of the environment."""
    for make in (rabbitmq_hosts, monitoring_hosts, worker_hosts):
        for name, host in make(env, f"celery-{env.name}").items():
            yield name, host["zone"], IPv4Address(host["private_ip"])


def blocks(env: Environment) -> dict[str, IPv4Network]:
    """The address block of the hosts in each zone.

    Example: `blocks(load("prod"))["eu-west-1a"].prefixlen == 20`
    """
    existing = env.network.existing
    if existing is not None:
        return {zone: hosts_block(existing.private_subnets[zone]) for zone in sorted(existing.private_subnets)}
    return {zone: IPv4Network(subnets["private_cidr"]) for zone, subnets in network(env)["zones"].items()}


def _hosts(env: Environment, role: str, names: list[str], instance_type: str, first: int) -> Json:
    """The hosts, distributed round-robin over the zones, each with a fixed private address."""
    own = blocks(env)
    zones = list(own)
    hosts = {}
    for index, name in enumerate(names):
        zone = zones[index % len(zones)]
        address = own[zone].network_address + first + index // len(zones)
        hosts[name] = {
            "role": role,
            "zone": zone,
            "private_ip": str(address),
            "instance_type": instance_type,
            "architecture": architecture(instance_type),
        }
    return hosts

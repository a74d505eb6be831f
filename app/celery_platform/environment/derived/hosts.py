"""Hosts: names, fixed addresses, zones, and what their machine image implies."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.network import FIRST_PRIVATE_SUBNET, SUBNET_BITS, network
from celery_platform.environment.model import BrokerKind, Environment

# The Python of each Debian release and the CPU name in wheel tags of each Debian architecture.
DEBIAN_PYTHON = {"12": "3.11", "13": "3.13"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# AWS keeps the first four addresses of a subnet; hosts count up from the tenth so that ranges read well.
FIRST_HOST_ADDRESS = {"rabbitmq": 10, "monitoring": 30, "worker": 40}


def platform(env: Environment) -> Json:
    """What the machine image implies: the Python it ships and the CPU it runs on."""
    _, release, architecture = env.hosts.image.split("-")
    return env.hosts.model_dump(mode="json") | {
        "python_version": DEBIAN_PYTHON[release],
        "machine": MACHINES[architecture],
    }


def rabbitmq_hosts(env: Environment, prefix: str) -> Json:
    """The nodes of a self-managed RabbitMQ; none where another broker is in use."""
    if env.broker.kind is not BrokerKind.RABBITMQ:
        return {}
    names = [f"{prefix}-rabbitmq-{number + 1}" for number in range(env.broker.rabbitmq.nodes)]
    hosts = _hosts(env, "rabbitmq", names, env.broker.rabbitmq.instance_type, FIRST_HOST_ADDRESS["rabbitmq"])
    return {name: host | {"volume_gib": env.broker.rabbitmq.volume_gib} for name, host in hosts.items()}


def monitoring_hosts(env: Environment, prefix: str) -> Json:
    """The host of Prometheus, Alertmanager and the broker exporter; none where the environment asks for none."""
    size = env.monitoring.instance_type
    if size is None:
        return {}
    return _hosts(env, "monitoring", [f"{prefix}-monitoring-1"], size, FIRST_HOST_ADDRESS["monitoring"])


def worker_hosts(env: Environment, prefix: str) -> Json:
    """The hosts of every pool that runs on hosts."""
    hosts: Json = {}
    first = FIRST_HOST_ADDRESS["worker"]
    for pool_name, pool in env.pools.items():
        if pool.runs_on != "hosts":
            continue
        names = [f"{prefix}-worker-{pool_name}-{number + 1}" for number in range(pool.min)]
        for name, host in _hosts(env, "worker", names, pool.instance_type, first).items():
            hosts[name] = host | {"pool": pool_name}
        first += len(names)
    return hosts


def _hosts(env: Environment, role: str, names: list[str], instance_type: str, first: int) -> Json:
    """Hosts spread over the zones in turn, each with a fixed private address."""
    zones = list(network(env)["zones"])
    hosts = {}
    for index, name in enumerate(names):
        zone = zones[index % len(zones)]
        subnet = list(env.network.cidr.subnets(prefixlen_diff=SUBNET_BITS))[FIRST_PRIVATE_SUBNET + index % len(zones)]
        address = subnet.network_address + first + index // len(zones)
        hosts[name] = {"role": role, "zone": zone, "private_ip": str(address), "instance_type": instance_type}
    return hosts

"""Derive what every layer reads (`resolved.json`) from an environment: names, addresses, zones, the time budget."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.environment.model import BrokerKind, Environment, Pool
from app.environment.time_budget import TimeBudget

# The Python of each Debian release and the CPU name in wheel tags of each Debian architecture.
DEBIAN_PYTHON = {"12": "3.11", "13": "3.13"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# AWS keeps the first four addresses of a subnet; hosts count up from the tenth so that ranges read well.
FIRST_HOST_ADDRESS = {"rabbitmq": 10, "worker": 40}
# One subnet is 1/16 of the VPC: three public, three private, ten spare.
SUBNET_BITS = 4
FIRST_PRIVATE_SUBNET = 8

Json = dict[str, Any]


def resolve(env: Environment) -> Json:
    """Everything Terraform, Ansible, the chart and the app need, as plain JSON data.

    Example: `resolve(load("prod"))["queues"]["email"]["dead_letter_name"] == "celery-prod-email-dlq"`
    """
    prefix = f"celery-{env.name}"
    budgets = {
        name: TimeBudget.of(queue.soft_time_limit_seconds, queue.max_countdown_seconds)
        for name, queue in env.queues.items()
    }
    return {
        "name": env.name,
        "prefix": prefix,
        "region": env.region,
        "tags": {"Environment": env.name, "Owner": env.owner, "Project": "celery-platform"},
        "network": _network(env),
        "broker": _broker(env, prefix, budgets),
        "results": env.results.model_dump(mode="json") | {"name": f"{prefix}-results"},
        "hosts": _hosts_platform(env),
        "rabbitmq_hosts": _rabbitmq_hosts(env, prefix),
        "worker_hosts": _worker_hosts(env, prefix),
        "eks": {"enabled": any(pool.runs_on == "eks" for pool in env.pools.values()), "name": prefix},
        "pools": {name: _pool(env, name, pool, budgets) for name, pool in env.pools.items()},
        "queues": {
            name: {
                "name": f"{prefix}-{name}",
                "dead_letter_name": f"{prefix}-{name}-dlq",
                "pool": queue.pool,
                "max_deliveries": queue.max_deliveries,
                "time_budget": asdict(budgets[name]),
            }
            for name, queue in env.queues.items()
        },
        "schedule": {name: entry.model_dump(mode="json") for name, entry in env.schedule.items()},
        "services": env.services.model_dump(mode="json"),
        "secrets": _secrets(env, prefix),
        "discovery_prefix": f"/celery/{env.name}",
        "alerts": env.alerts.model_dump(mode="json"),
        "budget": env.budget.model_dump(mode="json"),
    }


def _network(env: Environment) -> Json:
    subnets = list(env.network.cidr.subnets(prefixlen_diff=SUBNET_BITS))
    zones = {
        f"{env.region}{letter}": {
            "public_cidr": str(subnets[index]),
            "private_cidr": str(subnets[FIRST_PRIVATE_SUBNET + index]),
        }
        for index, letter in enumerate("abc"[: env.network.zones])
    }
    return {"cidr": str(env.network.cidr), "zones": zones, "nat": env.network.nat}


def _broker(env: Environment, prefix: str, budgets: Mapping[str, TimeBudget]) -> Json:
    whole = TimeBudget.largest(list(budgets.values()))
    return env.broker.model_dump(mode="json") | {
        "name": f"{prefix}-broker",
        "user": "celery",
        "virtual_host": "celery",
        "consumer_timeout_seconds": whole.consumer_timeout,
        "visibility_timeout_seconds": whole.visibility_timeout,
    }


def _hosts_platform(env: Environment) -> Json:
    """What the machine image implies: the Python it ships and the CPU it runs on."""
    _, release, architecture = env.hosts.image.split("-")
    return env.hosts.model_dump(mode="json") | {
        "python_version": DEBIAN_PYTHON[release],
        "machine": MACHINES[architecture],
    }


def _secrets(env: Environment, prefix: str) -> Json:
    """Names of secrets, never values. Terraform creates them; hosts and pods read them at start."""
    names = {"payment_gateway": f"{prefix}/payment-gateway"}
    if env.broker.kind in {BrokerKind.RABBITMQ, BrokerKind.AMAZON_MQ}:
        names["broker_password"] = f"{prefix}/broker-password"
    if env.broker.kind is BrokerKind.RABBITMQ:
        names["erlang_cookie"] = f"{prefix}/erlang-cookie"
    return names


def _hosts(env: Environment, role: str, names: list[str], instance_type: str, first: int) -> Json:
    """Hosts spread over the zones in turn, each with a fixed private address."""
    network = _network(env)
    zones = list(network["zones"])
    hosts = {}
    for index, name in enumerate(names):
        zone = zones[index % len(zones)]
        subnet = list(env.network.cidr.subnets(prefixlen_diff=SUBNET_BITS))[FIRST_PRIVATE_SUBNET + index % len(zones)]
        address = subnet.network_address + first + index // len(zones)
        hosts[name] = {"role": role, "zone": zone, "private_ip": str(address), "instance_type": instance_type}
    return hosts


def _rabbitmq_hosts(env: Environment, prefix: str) -> Json:
    if env.broker.kind is not BrokerKind.RABBITMQ:
        return {}
    names = [f"{prefix}-rabbitmq-{number + 1}" for number in range(env.broker.rabbitmq.nodes)]
    hosts = _hosts(env, "rabbitmq", names, env.broker.rabbitmq.instance_type, FIRST_HOST_ADDRESS["rabbitmq"])
    return {name: host | {"volume_gib": env.broker.rabbitmq.volume_gib} for name, host in hosts.items()}


def _worker_hosts(env: Environment, prefix: str) -> Json:
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


def _pool(env: Environment, name: str, pool: Pool, budgets: Mapping[str, TimeBudget]) -> Json:
    queues = [queue for queue, of in env.queues.items() if of.pool == name]
    whole = TimeBudget.largest([budgets[queue] for queue in queues])
    return pool.model_dump(mode="json") | {"queues": queues, "time_budget": asdict(whole)}

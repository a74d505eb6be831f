"""The broker in use, and the limits that all its queues share."""

from collections.abc import Mapping

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.addresses import Places, names
from celery_platform.environment.derived.budgets import broker_wide
from celery_platform.environment.model import Environment
from celery_platform.environment.model.broker import Broker
from celery_platform.environment.time_budget import TimeBudget

MIRRORED_VIRTUAL_HOST = "celery-mirrored"


def virtual_host(broker: Broker) -> str:
    """The virtual host of the application's queues.

    Amazon MQ creates one user and the virtual host `/`. The broker belongs to this environment alone, so it needs no
    other. A queue cannot change its type, so mirrored queues have a separate virtual host, from which messages move to
    quorum queues of the same names (ansible/operations/rabbitmq/migrate_mirrored_to_quorum.yml).
    """
    return MIRRORED_VIRTUAL_HOST if broker.mirrored else broker.kind.facts.virtual_host


def mirrored_virtual_hosts(broker: Broker) -> list[str]:
    """The virtual hosts of mirrored queues. RabbitMQ 3 keeps one until the upgrade to 4, which has no mirroring."""
    three = broker.self_managed is not None and broker.self_managed.version.startswith("3.")
    return [MIRRORED_VIRTUAL_HOST] if three else []


def virtual_hosts(broker: Broker) -> list[str]:
    """All virtual hosts. RabbitMQ 3 has one for mirrored and one for quorum queues, whichever the application uses."""
    mirrored = mirrored_virtual_hosts(broker)
    return [broker.kind.facts.virtual_host, *mirrored] if mirrored else [virtual_host(broker)]


def endpoint(env: Environment, prefix: str) -> Json | None:
    """The DNS name of a self-managed RabbitMQ, in a private zone; `None` if clients have the address of each node.

    In an existing zone, the name includes the environment's prefix.

    Example: `endpoint(load("prod"), "celery-prod")["host"] == "rabbitmq.celery-prod.internal"`
    """
    if env.broker.self_managed is None or not env.broker.self_managed.load_balancer:
        return None
    if env.network.dns is not None:
        own = env.network.dns
        return {"zone": own.zone, "zone_id": own.zone_id, "host": f"{prefix}-rabbitmq.{own.zone}"}
    zone = f"{prefix}.internal"
    return {"zone": zone, "zone_id": None, "host": f"rabbitmq.{zone}"}


def management_urls(env: Environment, prefix: str, places: Places) -> list[str]:
    """The URL of each node's management API. Behind the load balancer, a request could reach any node.

    The list is for self-managed RabbitMQ. AWS assigns the URL of an Amazon MQ broker when the broker is created.
    """
    nodes = env.broker.self_managed
    scheme, port = ("https", 15671) if nodes is not None and nodes.tls else ("http", 15672)
    return [f"{scheme}://{places[name].address}:{port}" for name in names(env, prefix)["rabbitmq"]]


def asked_by_keda(env: Environment) -> bool:
    """Whether KEDA asks the management API of a RabbitMQ on hosts for backlogs.

    Example: `asked_by_keda(load("prod"))`
    """
    scaled = env.autoscaler == "keda" and any(pool.runs_on == "eks" for pool in env.pools.values())
    return scaled and env.broker.self_managed is not None


def broker(env: Environment, prefix: str, budgets: Mapping[str, TimeBudget], places: Places) -> Json:
    """The section `broker`, with the names every layer uses and the largest limits of all queues that have any."""
    consumer_timeout, visibility_timeout = broker_wide(budgets)
    return env.broker.model_dump(mode="json") | {
        "name": f"{prefix}-broker",
        "user": "celery",
        "endpoint": endpoint(env, prefix),
        "asked_by_keda": asked_by_keda(env),
        "monitoring_user": "monitoring",
        "management_urls": management_urls(env, prefix, places),
        "virtual_host": virtual_host(env.broker),
        "virtual_hosts": virtual_hosts(env.broker),
        "mirrored_virtual_hosts": mirrored_virtual_hosts(env.broker),
        "consumer_timeout_seconds": consumer_timeout,
        "visibility_timeout_seconds": visibility_timeout,
    }

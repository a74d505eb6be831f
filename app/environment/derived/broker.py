"""The broker in use and the limits that all its queues share."""

from collections.abc import Mapping

from app.environment.derived import Json
from app.environment.model import BrokerKind, Environment
from app.environment.time_budget import TimeBudget


def virtual_host(kind: BrokerKind) -> str:
    """Amazon MQ makes one user and the virtual host `/`; the broker is this environment's own, so it needs no other."""
    return "/" if kind is BrokerKind.AMAZON_MQ else "celery"


def broker(env: Environment, prefix: str, budgets: Mapping[str, TimeBudget]) -> Json:
    """The section `broker`, with the names every layer uses and the largest limits of all queues."""
    whole = TimeBudget.largest(list(budgets.values()))
    return env.broker.model_dump(mode="json") | {
        "name": f"{prefix}-broker",
        "user": "celery",
        "virtual_host": virtual_host(env.broker.kind),
        "consumer_timeout_seconds": whole.consumer_timeout,
        "visibility_timeout_seconds": whole.visibility_timeout,
    }

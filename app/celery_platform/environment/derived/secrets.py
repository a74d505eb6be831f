"""Names of secrets, never values."""

from app.environment.derived import Json
from app.environment.model import BrokerKind, Environment


def secrets(env: Environment, prefix: str) -> Json:
    """Terraform creates them; hosts and pods read them at start."""
    names = {"payment_gateway": f"{prefix}/payment-gateway"}
    if env.results.tls:
        names["results_password"] = f"{prefix}/results-password"
    if env.broker.kind in {BrokerKind.RABBITMQ, BrokerKind.AMAZON_MQ} or _redis_with_users(env):
        names["broker_password"] = f"{prefix}/broker-password"
    if env.broker.kind is BrokerKind.RABBITMQ:
        names["erlang_cookie"] = f"{prefix}/erlang-cookie"
        # Of a user who may look at everything and touch nothing: the exporter's, and `app status`'s.
        names["monitoring_password"] = f"{prefix}/monitoring-password"
        if env.broker.rabbitmq.tls:
            names["broker_ca"] = f"{prefix}/broker-ca"  # certificate and key of the authority, put there by Ansible
    return names


def _redis_with_users(env: Environment) -> bool:
    return env.broker.kind is BrokerKind.REDIS and env.broker.redis.tls

"""The names of secrets. Values never appear in an environment."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import secret_labels
from celery_platform.environment.model import BrokerKind, Environment

# The labels of the platform's own secrets.
OWN = ("results_password", "broker_password", "erlang_cookie", "monitoring_password", "broker_ca")


def secret_name(prefix: str, label: str) -> str:
    """The name of a secret in Secrets Manager.

    Example: `secret_name("celery-prod", "database_url") == "celery-prod/database-url"`
    """
    return f"{prefix}/{label.replace('_', '-')}"


def secrets(env: Environment, prefix: str) -> Json:
    """Label -> name of every secret. Terraform creates them; hosts and pods read them when they start."""
    names = {label: secret_name(prefix, label) for label in secret_labels(env)}
    if env.results.tls:
        names["results_password"] = secret_name(prefix, "results_password")
    if env.broker.kind in {BrokerKind.RABBITMQ, BrokerKind.AMAZON_MQ} or _redis_with_users(env):
        names["broker_password"] = secret_name(prefix, "broker_password")
    if env.broker.kind is BrokerKind.RABBITMQ:
        names["erlang_cookie"] = secret_name(prefix, "erlang_cookie")
        # The password of a read-only user, for the exporter and `app status`.
        names["monitoring_password"] = secret_name(prefix, "monitoring_password")
        if env.broker.rabbitmq.tls:
            names["broker_ca"] = secret_name(
                prefix, "broker_ca"
            )  # certificate and key of the authority, put there by Ansible
    return names


def platform_secrets(env: Environment, prefix: str) -> list[str]:
    """The labels of the platform's own secrets, whose values Terraform generates.

    Example: `platform_secrets(load("dev"), "celery-dev") == ["results_password"]`
    """
    return [label for label in secrets(env, prefix) if label in OWN]


def _redis_with_users(env: Environment) -> bool:
    return env.broker.kind is BrokerKind.REDIS and env.broker.redis.tls

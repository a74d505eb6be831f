"""The names of secrets. Values never appear in an environment."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import secret_labels
from celery_platform.environment.model import Environment

# The labels of the platform's own secrets.
OWN = ("results_password", "broker_password", "erlang_cookie", "monitoring_password", "broker_ca")
# Of those whom alerts go to, which only people know: the mail server's password, and URLs that have a token in them.
SMTP_PASSWORD = "smtp_password"  # noqa: S105 - a label
PAGER_URL, DEAD_MAN_SWITCH_URL = "pager_url", "dead_man_switch_url"
OF_ALERTS = (SMTP_PASSWORD, PAGER_URL, DEAD_MAN_SWITCH_URL)


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
    wanted = {
        SMTP_PASSWORD: env.alerts.smtp is not None and env.alerts.smtp.user is not None,
        PAGER_URL: env.alerts.pager,
        DEAD_MAN_SWITCH_URL: env.alerts.dead_man_switch,
    }
    names |= {label: secret_name(prefix, label) for label, needed in wanted.items() if needed}
    return names | {label: secret_name(prefix, label) for label in env.broker.secrets}


def platform_secrets(env: Environment, prefix: str) -> list[str]:
    """The labels of the platform's own secrets, whose values an apply and playbooks write, not people.

    Example: `platform_secrets(load("dev"), "celery-dev") == ["results_password"]`
    """
    return [label for label in secrets(env, prefix) if label in OWN]

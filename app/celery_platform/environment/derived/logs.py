"""Logs: how long they are kept, and the group to which hosts ship their journals."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment


def logs(env: Environment) -> Json:
    """Retention, and the log group of hosts; none if they ship nothing.

    Example: `logs(load("prod"))["host_group"] == "/celery/celery-prod/hosts"`
    """
    return {
        "retention_days": env.logs.retention_days,
        "host_group": host_group(env) if env.logs.hosts else None,
    }


def log_folder(env: Environment) -> str:
    """What the names of the environment's log groups begin with.

    Example: `log_folder(load("prod")) == "/celery"`
    """
    return f"/{env.prefix}"


def host_group(env: Environment) -> str:
    """The log group of hosts, beside those of the environment's services."""
    return f"{log_folder(env)}/{env.own_prefix}/hosts"

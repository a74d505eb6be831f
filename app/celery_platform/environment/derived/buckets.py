"""Buckets: those of the application, and the one through which Ansible's files travel to hosts."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# The bucket of files on their way, and the one that run.py makes for Terraform's state.
OWN = ("transfer", "terraform_state")


def bucket_name(prefix: str, label: str) -> str:
    """A bucket's name without the account's number, which makes it unique in the world and is added by Terraform.

    Example: `bucket_name("celery-prod", "user_uploads") == "celery-prod-user-uploads"`
    """
    return f"{prefix}-{label.replace('_', '-')}"


def buckets(env: Environment, prefix: str) -> Json:
    """Label -> name of each of the application's buckets."""
    return {label: bucket_name(prefix, label) for label in env.application.buckets}

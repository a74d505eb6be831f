"""Buckets: those of the application, and the one through which Ansible transfers files to hosts."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# Labels of the platform's own buckets: for Ansible's file transfers, and for Terraform's state (created by run.py).
OWN = ("transfer", "terraform_state")


def bucket_name(prefix: str, label: str) -> str:
    """A bucket's name without the account number, which Terraform adds so that the name is globally unique.

    Example: `bucket_name("celery-prod", "user_uploads") == "celery-prod-user-uploads"`
    """
    return f"{prefix}-{label.replace('_', '-')}"


def buckets(env: Environment, prefix: str) -> Json:
    """Label -> name of each of the application's buckets."""
    return {label: bucket_name(prefix, label) for label in env.application.buckets}

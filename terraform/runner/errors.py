"""The error that is shown when Terraform cannot be run."""

from celery_platform.errors import AppError


class RunError(AppError):
    """Terraform, the account or the state does not meet the requirements of a run.

    Example: `raise RunError("terraform on the PATH", "none", "install Terraform 1.11 or later")`
    """

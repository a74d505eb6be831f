"""What a person sees when Terraform cannot be run."""

from celery_platform.errors import AppError


class RunError(AppError):
    """Terraform, its account or its state is not as a run needs it.

    Example: `raise RunError("terraform on the PATH", "none", "install Terraform 1.11 or later")`
    """

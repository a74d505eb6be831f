"""The error that is shown when this machine cannot run containers."""

from celery_platform.errors import AppError


class ContainerError(AppError):
    """Podman, an image or a package that containers need is not available.

    Example: `raise ContainerError("podman on the PATH", "no podman", "install the package podman")`
    """

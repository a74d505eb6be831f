"""What a person sees when the region cannot go on."""

from celery_platform.errors import AppError


class RegionError(AppError):
    """The region cannot go on, for a reason that a person can act on.

    Example: `raise RegionError("AWS to answer at http://127.0.0.1:4566", "no answer", "`python -m emulated_region start`")`
    """

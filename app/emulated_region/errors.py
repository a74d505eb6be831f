"""The error that is shown when the region cannot continue."""

from celery_platform.errors import AppError


class RegionError(AppError):
    """The region cannot continue, for a reason that a person can fix.

    Example: `raise RegionError("AWS to respond at http://127.0.0.1:4566", "no answer", "`python -m emulated_region start`")`
    """

"""A task with a rate limit that all workers share."""

import os
from typing import Any

from celery import Task
from celery_platform.reliability.rate_limit import RateLimit

from exercises.celery import celery


@celery.task(bind=True, name="exercises.default.limited")
def limited(self: Task[Any, Any], key: str) -> None:  # noqa: ARG001 - distinguishes calls
    """Run within the rate limit."""
    RateLimit("quota", int(os.environ["QUOTA_RATE_PER_MINUTE"])).admit(self)

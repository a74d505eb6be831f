"""CPU-bound tasks, which may fail for good."""

from celery_platform.reliability.errors import PermanentError

from exercises.celery import celery


@celery.task(name="exercises.slow.refuse", ignore_result=False)
def refuse(what: str, why: str) -> None:
    """Fail for good."""
    raise PermanentError(f"{what} cannot be done: {why}")

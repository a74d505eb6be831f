"""An ordinary worker (`app worker`) with extra tasks, one for each way in which a task can end."""

import os
import signal
import sys
import time
from typing import Any

from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.reliability.rate_limit import RateLimit
from exercises.celery import celery


@celery.task(name="load.succeed")
def succeed(*_: Any, **__: Any) -> int:
    """Return at once."""
    return 1


@celery.task(name="load.fail")
def fail(*_: Any, **__: Any) -> None:
    """Fail for good."""
    raise PermanentError("as asked")


@celery.task(bind=True, name="load.retry", retry_backoff=False, default_retry_delay=1)
def retry(self: Any) -> None:
    """Fail once, then succeed."""
    if not self.request.retries:
        raise TransientError("once")


@celery.task(name="load.nap")
def nap(seconds: float) -> None:
    """Take a while."""
    time.sleep(seconds)


@celery.task(name="load.die")
def die() -> None:
    """Kill the process that runs this."""
    os.kill(os.getpid(), signal.SIGKILL)


@celery.task(bind=True, name="load.wait")
def wait(self: Any) -> None:
    """Wait for a low rate limit."""
    RateLimit("narrow", 60).admit(self)


@celery.task(name="load.parent")
def parent() -> None:
    """Send another task."""
    succeed.delay()


@celery.task(name="load.total", ignore_result=False)
def total(numbers: list[int]) -> int:
    """The body of a chord."""
    return sum(numbers)


if __name__ == "__main__":
    from celery_platform.worker import start

    if os.environ.get("OBSERVED") == "no":  # stock Celery, against which the overhead is measured
        os.environ.pop("CELERY_METRICS_PORT", None)
        module: Any = start
        module.own_logging = lambda _: None
    start.start_worker(sys.argv[1])

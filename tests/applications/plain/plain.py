"""One module, as in a script: functions, tasks that are classes, and an own subclass of Celery.

It attaches nowhere: a worker does it by itself, and who sends by `app send` or from a task needs no more.
"""

import os
import time
from typing import Any

import celery_platform
from celery import Celery, Task


class TracedCelery(Celery):
    """Counts what it sends."""

    sent = 0

    def send_task(self, *args: Any, **kwargs: Any) -> Any:
        """Count, and send."""
        type(self).sent += 1
        return super().send_task(*args, **kwargs)


app = TracedCelery("plain", broker=None if celery_platform.is_chosen() else "redis://localhost")
app.conf.task_ignore_result = "KEEP_NO_RESULTS" in os.environ


class Multiply(Task):
    """A task that is a class, with a state of its own."""

    name = "plain.multiply"

    def __init__(self) -> None:
        self.made = time.time()

    def run(self, left: int, right: int) -> int:
        """Multiply."""
        assert self.made
        return left * right


multiply = app.register_task(Multiply())


class Retried(Task):
    """An abstract base with attributes of tasks."""

    abstract = True
    max_retries = 2
    default_retry_delay = 1


@app.task(name="plain.add")
def add(left: int, right: int) -> int:
    return left + right


@app.task(name="plain.slow")
def slow(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@app.task(name="plain.flaky", base=Retried, bind=True)
def flaky(self, failures: int) -> list[int]:
    if self.request.retries < failures:
        raise self.retry()
    return [self.request.retries, self.max_retries]


@app.task(name="plain.broken")
def broken() -> None:
    raise RuntimeError("broken for good")


@app.task(name="plain.nested", bind=True)
def nested(self, left: int) -> Any:
    return self.replace(add.s(left, 1))


@app.task(name="plain.sent")
def sent() -> int:
    add.delay(1, 1)
    return type(app).sent

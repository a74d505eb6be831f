"""Tasks and processes for the tests of long delays; each run writes a line to a file."""

import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from celery import signals
from exercises.celery import celery

NOTES = Path(os.environ.get("LATER_NOTES", "/dev/null"))


def note(*words: object) -> None:
    """Append a line; short lines of several processes are not interleaved."""
    with NOTES.open("a") as sink:
        sink.write(" ".join(map(str, (*words, f"{time.time():.2f}"))) + "\n")


@celery.task(name="probe.later.note", bind=True, ignore_result=False)
def noted(self: Any, word: str) -> str:
    note(word, self.request.priority if hasattr(self.request, "priority") else "-", self.request.eta)
    return word


@celery.task(name="probe.later.again", bind=True, max_retries=2, ignore_result=False)
def again(self: Any, word: str, seconds: int) -> str:
    note(word, self.request.retries)
    if self.request.retries < 1:
        raise self.retry(countdown=seconds)
    return word


@celery.task(name="probe.later.join", ignore_result=False)
def join(words: list[str], *more: str) -> str:
    joined = "+".join([*words, *more] if isinstance(words, list) else [words, *more])
    note(joined)
    return joined


@signals.after_task_publish.connect
def _published(sender: str = "", body: Any = None, **_: Any) -> None:
    if sender == "probe.later.note":
        note("published", *body[0])


def send(*, dies: str = "", lease: float = 60.0) -> None:
    """Send due messages like beat's thread. With `dies`, the process is killed at that step of the first message."""
    from celery_platform.later import sender
    from celery_platform.later.store import LaterStore

    def die(*_: Any, **__: Any) -> None:
        note("killed")
        os.kill(os.getpid(), signal.SIGKILL)

    if dies == "before the broker has it":
        module: Any = sender
        module.publish = die
    if dies == "before the store forgets it":
        LaterStore.remove = die  # type: ignore[method-assign,assignment]
    print("sending", file=sys.stderr, flush=True)
    sender.send_due = partial(sender.send_due, lease_seconds=lease)
    sender.run(celery, threading.Event())


def work(pool: str) -> None:
    """Run a worker with these tasks."""
    from celery_platform.worker.start import start_worker

    start_worker(pool)

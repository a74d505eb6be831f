"""What a worker receives, and the outcome of each attempt at a task, each reported once. Metrics, logs, counts listen.

On every pool and broker, the process that runs a task sees its start and its end (Celery's `task_prerun` and
`task_postrun`). If a child process is killed, only its parent notices; `celery_platform.observability.request` reports
that, as it does where a pool interrupts a task within its own process.

A listener that fails is logged, and fails neither the message nor the other listeners.
"""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from celery.signals import before_task_publish, task_postrun, task_prerun, task_received, task_revoked

from celery_platform.observability.published_at import PUBLISHED_AT
from celery_platform.reliability.ends import is_interruption
from celery_platform.reliability.waiting import Waiting

logger = logging.getLogger(__name__)
About = TypeVar("About")

# Celery's state after a run -> the state in metrics and logs.
STATES = {"SUCCESS": "succeeded", "FAILURE": "failed", "RETRY": "retried", "IGNORED": "ignored", "REJECTED": "rejected"}
_STARTED = "_observed_start"


@dataclass(frozen=True, slots=True)
class Start:
    """An attempt that is starting. `wait_seconds` is how long it waited after it was due, if known."""

    task: str
    wait_seconds: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt. `state` is a value of `STATES`, or `waiting`, `lost`, `timed_out` or `revoked`."""

    task: str
    task_id: str
    state: str
    request: Any
    wait_seconds: float | None = None
    run_seconds: float | None = None
    error: BaseException | None = None


# Called with the task's name.
_on_received: list[Callable[[str], None]] = []
_on_start: list[Callable[[Start], None]] = []
_on_outcome: list[Callable[[Outcome], None]] = []


def listen(
    *,
    received: Callable[[str], None] | None = None,
    start: Callable[[Start], None] | None = None,
    outcome: Callable[[Outcome], None] | None = None,
) -> None:
    """Call `received` with the task's name for each message that this worker is to run, and `start` and `outcome` for
    each attempt, from now on. Registering a function again has no effect.

    Example: `listen(outcome=lambda outcome: print(outcome.state))`
    """
    if not _on_received and received:
        task_received.connect(_received, weak=False)
    if not _on_start and not _on_outcome:
        task_prerun.connect(_started, weak=False)
        task_postrun.connect(_ended, weak=False)
        task_revoked.connect(_revoked, weak=False)
    if received and received not in _on_received:
        _on_received.append(received)
    if start and start not in _on_start:
        _on_start.append(start)
    if outcome and outcome not in _on_outcome:
        _on_outcome.append(outcome)


def requests_wanted() -> bool:
    """Whether anyone wants Celery's request of each message that is received, and not its task's name alone."""
    return any(receiver is not _received for _, receiver in task_received.receivers)


def received(task: str) -> None:
    """Report a message that is to run now and that Celery makes no request for."""
    _tell(_on_received, task, task)


def stamp_messages() -> None:
    """Add the time of publishing to the headers of every message that this process sends from now on."""
    before_task_publish.connect(_stamp, weak=False)


def report(outcome: Outcome) -> None:
    """Report an outcome to every listener."""
    _tell(_on_outcome, outcome, outcome.task)


def wait_of(request: Any, now: float) -> float | None:
    """Seconds that a message waited after it was due; `None` if it has no time of publishing.

    The clocks of two machines are compared, so a short wait may appear as zero.
    """
    published = getattr(request, PUBLISHED_AT, None)
    if published is None:
        return None
    due = max(published, _timestamp(getattr(request, "eta", None)))
    return float(max(0.0, now - due))


def _tell(listeners: list[Callable[[About], None]], about: About, task: str) -> None:
    for listener in listeners:
        try:
            listener(about)
        except Exception:
            # Not `about`: a request has the arguments of its task.
            logger.exception("a listener failed on a message of %s", task)


def _timestamp(eta: str | None) -> float:
    return datetime.fromisoformat(eta).timestamp() if eta else 0.0


def _stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[PUBLISHED_AT] = time.time()


def _received(request: Any = None, **_: Any) -> None:
    received(request.name)


def _started(task: Any = None, **_: Any) -> None:
    wait = wait_of(task.request, time.time())
    setattr(task.request, _STARTED, (time.monotonic(), wait))
    _tell(_on_start, Start(task.name, wait), task.name)


def _ended(task: Any = None, task_id: str = "", state: str = "", retval: Any = None, **_: Any) -> None:
    if is_interruption(sys.exception()):
        return  # reported as timed out or revoked
    began, wait = getattr(task.request, _STARTED, (None, None))
    error = retval if isinstance(retval, BaseException) else None
    report(
        Outcome(
            task=task.name,
            task_id=task_id,
            state="waiting" if isinstance(error, Waiting) else STATES.get(state, "failed"),
            request=task.request,
            wait_seconds=wait,
            run_seconds=None if began is None else time.monotonic() - began,
            error=error,
        )
    )


def _revoked(sender: Any = None, request: Any = None, **_: Any) -> None:
    report(Outcome(sender.name, request.id, "revoked", request))

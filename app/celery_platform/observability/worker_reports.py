"""What each worker says about itself in the store: its pool, release and slots, and what runs in them since when.

It is the same on every broker and in every pool, on hosts and in pods. Celery's `inspect active` needs remote control,
which SQS has not, and an answer from a process that may be busy; metrics have no ids.

A worker writes `<prefix>:worker:<node name>` every two seconds, for `LIVE_SECONDS`; the sorted set `<prefix>:workers`
has the names by when they wrote last. A process of a turbo pool is a worker with one slot.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from celery_platform.observability import releases
from celery_platform.observability.reports import known_fields
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# A worker that wrote nothing for so long has ended, or its store is away.
LIVE_SECONDS = 20
FORGOTTEN_SECONDS = 3_600
# Of a green pool with hundreds of greenlets, those that run longest.
MOST_RUNNING = 100


@dataclass(frozen=True)
class Running:
    """A task that runs: `since` is when its attempt began, in seconds since 1970; `queue` is a label.

    `root` is the task that its canvas began with, empty where that is this one.
    """

    task: str
    id: str
    queue: str
    since: float
    root: str = ""


@dataclass(frozen=True)
class WorkerReport:
    """A worker at the moment `at`. `held` counts the messages that it has taken, those that run included.

    `busy` is how many of its `slots` run a task; `running` has at most the hundred that run longest. `paused` are the
    labels of the queues that it takes nothing from. `release` is empty where it does not know which it runs.
    """

    name: str
    pool: str
    at: float
    slots: int
    busy: int
    held: int
    running: tuple[Running, ...] = ()
    paused: tuple[str, ...] = ()
    release: str = ""

    def as_text(self) -> str:
        """The report as it is stored.

        Example: `report_of(report.as_text()) == report`
        """
        return json.dumps(asdict(self))


def report_of(text: str) -> WorkerReport:
    """The inverse of `as_text`, also of another release's."""
    found = known_fields(WorkerReport, json.loads(text))
    running = tuple(Running(**known_fields(Running, each)) for each in found["running"])
    return WorkerReport(**found | {"running": running, "paused": tuple(found["paused"])})


def add_to(pipe: Any, prefix: str, report: WorkerReport) -> None:
    """Add the commands that store a report to a pipeline of redis-py."""
    names = f"{prefix}:workers"
    pipe.set(f"{prefix}:worker:{report.name}", report.as_text(), ex=LIVE_SECONDS)
    pipe.zadd(names, {report.name: report.at})
    pipe.zremrangebyscore(names, 0, report.at - FORGOTTEN_SECONDS)
    pipe.expire(names, FORGOTTEN_SECONDS)
    if report.release:
        releases.add_to(pipe, prefix, report.release, report.at)


def live_reports(pool: str = "", *, now: Callable[[], float] = time.time) -> list[WorkerReport]:
    """The reports of the workers that live, of one pool or of all. Two round trips, whatever their number.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `sum(report.busy for report in live_reports("io"))`
    """
    prefix, store = runtime().environment.prefix, valkey()
    names: Any = store.zrangebyscore(f"{prefix}:workers", now() - FORGOTTEN_SECONDS, "+inf")
    if not names:
        return []
    texts: Any = store.mget([f"{prefix}:worker:{name}" for name in names])
    reports = [report_of(text) for text in texts if text]
    return sorted((each for each in reports if pool in ("", each.pool)), key=lambda each: (each.pool, each.name))

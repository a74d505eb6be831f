"""What happened to one task, and to the canvas that it is a part of, as the store has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from celery_platform.observability.timeline.event import Event, event_of, known_id, mark_of
from celery_platform.observability.timeline.partitions import partition_of, timeline_key
from celery_platform.observability.worker_reports import Running, WorkerReport
from celery_platform.reliability.cancelling import cancelled_at
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# Lines that are read with one command; and parts of a canvas that are told.
CHUNK = 1_000
MOST_PARTS = 500


@dataclass(frozen=True)
class Part:
    """A task of a canvas: what happened to it last, at `at`; `events` counts what is kept of it."""

    id: str
    task: str
    what: str
    at: float
    parent: str = ""
    seconds: float | None = None
    error: str = ""
    events: int = 0


@dataclass(frozen=True)
class Timeline:
    """What is kept of the task `id`: its events, the earliest first, and the attempt that runs, on `worker`.

    It was cancelled at `cancelled`, if it is.

    `root` is the task that its canvas began with, itself if there is no other. `parts` are the tasks of the canvas, in
    the order in which they began, as far as anything is kept of them; `more_parts` of them are left out.
    """

    id: str
    events: tuple[Event, ...] = ()
    running: Running | None = None
    worker: str = ""
    cancelled: float | None = None
    root: str = ""
    parts: tuple[Part, ...] = ()
    more_parts: int = 0

    @property
    def known(self) -> bool:
        """Whether anything is known of the task."""
        return bool(self.events or self.running or self.cancelled)


def timeline(task_id: str, reports: Iterable[WorkerReport] = ()) -> Timeline:
    """What is kept of a task; `reports` say what runs now. One list of the store is read, or two.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `timeline("4f0c2a9e-0000-4000-8000-000000000001", live_reports()).events[-1].what == "succeeded"`
    """
    task_id = known_id(task_id)
    now = [(report.name, each) for report in reports for each in report.running]
    worker, running = next(((name, each) for name, each in now if each.id == task_id), ("", None))
    home = partition_of(task_id)
    found = _events(home, task_id)
    events = sorted((each for each in found if each.id == task_id), key=lambda each: each.at)
    root = next((each.root for each in reversed(events) if each.root), running.root if running else "") or task_id
    if partition_of(root) != home:
        found = _events(partition_of(root), root)
    of_canvas = [each for each in found if root in (each.root, each.id)]
    parts = _parts([*of_canvas, *events], [each for _, each in now if root in (each.root, each.id)])
    return Timeline(
        task_id, tuple(events), running, worker, cancelled_at(task_id), root, tuple(parts[:MOST_PARTS]),
        max(0, len(parts) - MOST_PARTS),
    )  # fmt: skip


def lines_backwards(partition: int) -> Iterable[list[str]]:
    """The lines of a list in chunks, the newest chunk first. What is appended meanwhile is left out or read twice.

    Raises:
        StoreAwayError: the store does not answer.
    """
    key, store = timeline_key(runtime().environment.prefix, partition), valkey()
    start, end = -CHUNK, -1
    while True:
        lines: Any = store.lrange(key, start, end)
        if lines:
            yield lines
        if len(lines) < CHUNK:
            return
        start, end = start - CHUNK, end - CHUNK


def readable(line: str) -> Event | None:
    """An event; `None` for a line that is none, which some other release or person wrote."""
    try:
        return event_of(line)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None


def _events(partition: int, task_id: str) -> list[Event]:
    """The events of a list that name an id, as their own or as another's."""
    marked = mark_of(task_id)
    lines = (line for chunk in lines_backwards(partition) for line in chunk if marked in line)
    return [event for event in dict.fromkeys(map(readable, lines)) if event is not None]


def _parts(events: Iterable[Event], running: Iterable[Running]) -> list[Part]:
    """The tasks of a canvas by what happened to each last, in the order in which their first event is known."""
    by_id: dict[str, dict[Event, None]] = {}
    for event in sorted(events, key=lambda each: each.at):
        by_id.setdefault(event.id, {})[event] = None
    parts = [_part(list(each)) for each in by_id.values()]
    ended = {part.id: part for part in parts}
    for each in running:
        before = ended.get(each.id)
        now = Part(each.id, each.task, "running", each.since, before.parent if before else "")
        if before is None:
            parts.append(now)
        elif before.at <= each.since:
            parts[parts.index(before)] = now
    return parts


def _part(events: list[Event]) -> Part:
    last = events[-1]
    attempts = [each for each in events if each.attempt] or events
    about = attempts[-1]
    return Part(
        last.id, about.task or last.task, last.what, last.at, about.parent, about.seconds, about.error, len(events)
    )

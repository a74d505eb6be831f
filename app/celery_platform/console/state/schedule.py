"""What is scheduled: the entries of beat, when each ran last, and the delayed messages that are kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from redbeat.schedulers import RedBeatSchedulerEntry

from celery_platform.application.periodic import PeriodicEntry, periodic_entries
from celery_platform.console.state.shared import Shared, said
from celery_platform.later import later_store
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import Runtime

SECONDS = 10.0
NEXT_RUNS = 3
SHOWN_KEPT = 200


@dataclass(frozen=True)
class DelayedMessage:
    """A message that is kept until it is due; `due` is a Unix time."""

    id: str
    task: str
    queue: str
    due: float
    asked_by: str


@dataclass
class Schedule:
    """Entries, and the Unix time of each entry's last run by its name. `problems` says what could not be read."""

    entries: list[PeriodicEntry] = field(default_factory=list)
    last_runs: dict[str, float] = field(default_factory=dict)
    beat_runs: bool | None = None
    delayed: list[DelayedMessage] = field(default_factory=list)
    more_delayed: bool = False
    problems: list[str] = field(default_factory=list)


def shared_schedule(runtime: Runtime) -> Shared[Schedule]:
    """The schedule, read at most every ten seconds. The first look imports the application, as `app beat` does."""

    def ask() -> Schedule:
        found = Schedule()
        for what, read in PARTS.items():
            try:
                read(runtime, found)
            except (
                Exception
            ) as error:  # an application that cannot be imported, a store that is away: the rest is shown
                found.problems.append(f"{what} cannot be read: {said(error)}")
        return found

    return Shared(ask, SECONDS)


def _entries(_runtime: Runtime, found: Schedule) -> None:
    found.entries = periodic_entries(NEXT_RUNS)


def _last_runs(runtime: Runtime, found: Schedule) -> None:
    """When beat sent each entry, as redbeat keeps it: JSON in a field of the entry's hash."""
    prefix = f"{runtime.environment.prefix}:redbeat:"
    with valkey().pipeline(transaction=False) as pipe:
        pipe.exists(f"{prefix}:lock")
        for entry in found.entries:
            pipe.hget(prefix + entry.name, "meta")
        locked, *metas = pipe.execute()
    found.beat_runs = bool(locked)
    for entry, meta in zip(found.entries, metas, strict=True):
        last = RedBeatSchedulerEntry.decode_meta(meta)["last_run_at"] if meta else None
        if last is not None:
            found.last_runs[entry.name] = last.timestamp()


def _delayed(_runtime: Runtime, found: Schedule) -> None:
    kept = list(islice(later_store().all(), SHOWN_KEPT + 1))
    found.more_delayed = len(kept) > SHOWN_KEPT
    found.delayed = [
        DelayedMessage(each.message.task_id, each.task, each.queue, each.due.timestamp(), each.asked_by or "-")
        for each in kept[:SHOWN_KEPT]
    ]


PARTS: dict[str, Callable[[Runtime, Schedule], None]] = {
    "The periodic entries": _entries,
    "Their last runs": _last_runs,
    "The delayed messages": _delayed,
}

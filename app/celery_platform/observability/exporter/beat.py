"""What the exporter reads from Valkey: whether beat is on schedule, and the stops that requeued running tasks."""

import time
from dataclasses import dataclass

from celery_platform.observability.exporter.store import ask, pairs


@dataclass(frozen=True, slots=True)
class BeatReading:
    """The state of beat, as redbeat keeps it in Valkey.

    `locked`: a beat process holds the lock. `has_entries`: there are entries, of the environment file or of the
    application's own settings. `overdue_seconds`: how late the first due entry is.
    """

    locked: bool
    has_entries: bool
    overdue_seconds: float


def read_beat(store_url: str, prefix: str) -> BeatReading:
    """Read the state of beat; `prefix` is the environment's, such as `celery-prod`.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses the command.
    """
    locked, first = ask(
        store_url,
        ("EXISTS", f"{prefix}:redbeat::lock"),
        ("ZRANGE", f"{prefix}:redbeat::schedule", "0", "0", "WITHSCORES"),
    )
    due = next((float(score) for _, score in pairs(first)), None)
    overdue = 0.0 if due is None else max(0.0, time.time() - due)
    return BeatReading(bool(locked), due is not None, overdue)


def read_soft_stops(store_url: str, prefix: str) -> dict[str, int]:
    """The number of stops of each pool that ran out of time (`celery_platform.observability.soft_stops`).

    Raises:
        OSError, SettingsError: as above.
    """
    (counts,) = ask(store_url, ("HGETALL", f"{prefix}:soft_stops"))
    return {pool: int(count) for pool, count in pairs(counts)}

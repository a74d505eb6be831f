"""What Valkey knows: whether beat keeps its schedule, read where redbeat keeps it, and which stops gave tasks back."""

import time
from dataclasses import dataclass

from celery_platform.observability.exporter.store import ask, pairs


@dataclass(frozen=True, slots=True)
class BeatReading:
    """`locked`: a beat holds the lock. `overdue_seconds`: how late the entry is that should have been sent first.

    `has_entries`: a beat has put some there, of the environment file or of the application's own settings.
    """

    locked: bool
    has_entries: bool
    overdue_seconds: float


def read_beat(store_url: str, prefix: str) -> BeatReading:
    """Read it now; `prefix` is the environment's, as in `celery-prod`.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses.
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
    """How many stops of each pool ran out of time (`celery_platform.observability.soft_stops`).

    Raises:
        OSError, SettingsError: as above.
    """
    (counts,) = ask(store_url, ("HGETALL", f"{prefix}:soft_stops"))
    return {pool: int(count) for pool, count in pairs(counts)}

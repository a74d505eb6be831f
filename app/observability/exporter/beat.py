"""Whether beat keeps its schedule, read where redbeat keeps it."""

import time
from dataclasses import dataclass

from app.observability.exporter.store import ask


@dataclass(frozen=True, slots=True)
class BeatReading:
    """`locked`: a beat holds the lock. `overdue_seconds`: how late the entry is that should have been sent first."""

    locked: bool
    overdue_seconds: float


def read_beat(store_url: str, prefix: str) -> BeatReading:
    """Look now; `prefix` is the environment's, as in `celery-prod`.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses.
    """
    locked, first = ask(
        store_url,
        ("EXISTS", f"{prefix}:redbeat::lock"),
        ("ZRANGE", f"{prefix}:redbeat::schedule", "0", "0", "WITHSCORES"),
    )
    due = float(first[1]) if isinstance(first, list) and first else time.time()  # type: ignore[arg-type]
    return BeatReading(bool(locked), max(0.0, time.time() - due))

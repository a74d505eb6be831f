"""Whether beat keeps its schedule, read where redbeat keeps it."""

import time
from dataclasses import dataclass

from redis import Redis


@dataclass(frozen=True, slots=True)
class BeatReading:
    """`locked`: a beat holds the lock. `overdue_seconds`: how late the entry is that should have been sent first."""

    locked: bool
    overdue_seconds: float


def read_beat(server: "Redis", prefix: str) -> BeatReading:
    """Look now; `prefix` is the environment's, as in `celery-prod`.

    Raises:
        RedisError: the store does not answer.
    """
    with server.pipeline(transaction=False) as pipe:
        pipe.exists(f"{prefix}:redbeat::lock")
        pipe.zrange(f"{prefix}:redbeat::schedule", 0, 0, withscores=True)
        locked, first = pipe.execute()
    due = first[0][1] if first else time.time()
    return BeatReading(bool(locked), max(0.0, time.time() - due))

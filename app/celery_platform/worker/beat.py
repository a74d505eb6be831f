"""The schedule, sent by one beat at a time, each entry once for each of its turns.

Of several beats one holds redbeat's lock; the next takes over when the lock was not renewed for its lifetime. A beat
that was stopped for longer than that (a frozen machine) wakes up in the middle of what it was doing and may still hold
an entry as due. Before it sends, it therefore checks whether another beat has sent this turn since, and takes the turn.
"""

import json
import logging
from time import monotonic
from typing import Any

from redbeat import RedBeatScheduler
from redbeat.schedulers import get_redis

from celery_platform.worker.beat_clock import mend_future_turns
from celery_platform.worker.beat_entry import Entry, as_meta

logger = logging.getLogger(__name__)

# How often the times of the last turns are compared with the store's clock.
CLOCK_SECONDS = 60.0


class Scheduler(RedBeatScheduler):  # type: ignore[misc]
    """redbeat's scheduler; what differs is that a turn is taken before it is sent, and given back if sending fails."""

    Entry = Entry
    _looks_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; once a minute look for entries that a wrong clock has silenced."""
        if monotonic() >= self._looks_at:
            self._looks_at = monotonic() + CLOCK_SECONDS
            mend_future_turns(self)
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **options: Any) -> Any:
        """Send an entry whose turn it is; `None` when another beat has sent this turn.

        Raises:
            SchedulingError: the broker does not take it. The entry stays due.
        """
        if not self._takes_turn(entry):
            logger.warning("another beat has sent this turn of %s", entry.name)
            return None
        try:
            return super().apply_async(entry, producer=producer, advance=advance, **options)
        except Exception:
            self._give_turn_back(entry)
            raise

    def _takes_turn(self, entry: Any) -> bool:
        # Taken for as long as another beat could believe to be the only one; after that the stored time decides.
        taken = get_redis(self.app).set(self._turn(entry), 1, nx=True, ex=int(self.lock_timeout))
        stored = Entry.from_key(entry.key, app=self.app)
        return bool(taken) and stored.last_run_at == entry.last_run_at

    def _give_turn_back(self, entry: Any) -> None:
        """Redbeat notes a turn before it sends; undone, or a broker's absence would skip a day's report."""
        with get_redis(self.app).pipeline() as pipe:
            pipe.hset(entry.key, "meta", json.dumps({"last_run_at": as_meta(entry.last_run_at)}))
            pipe.zadd(self.app.redbeat_conf.schedule_key, {entry.key: entry.score})
            pipe.delete(self._turn(entry))
            pipe.execute()

    @staticmethod
    def _turn(entry: Any) -> str:
        return f"{entry.key}:turn:{entry.last_run_at}"

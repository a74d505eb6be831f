"""Send the schedule from one beat at a time, and each turn of an entry only once.

One of several beats holds redbeat's lock. Another one takes over if the lock was not renewed for its lifetime. If a
beat was suspended for longer than that (on a frozen machine), it resumes where it was and may still consider an entry
due. Before it sends, it therefore checks whether another beat has sent this turn in the meantime, and claims the turn.
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
    """redbeat's scheduler, except that a turn is claimed before it is sent and released if sending fails."""

    Entry = Entry
    _looks_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; once a minute look for entries that a wrong clock has silenced."""
        if monotonic() >= self._looks_at:
            self._looks_at = monotonic() + CLOCK_SECONDS
            mend_future_turns(self)
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **options: Any) -> Any:
        """Send a due entry; `None` if another beat has already sent this turn.

        Raises:
            SchedulingError: the broker did not accept the message. The entry stays due.
        """
        if not self._claim_turn(entry):
            logger.warning("another beat has sent this turn of %s", entry.name)
            return None
        try:
            return super().apply_async(entry, producer=producer, advance=advance, **options)
        except Exception:
            self._release_turn(entry)
            raise

    def _claim_turn(self, entry: Any) -> bool:
        # The claim lasts as long as two beats could both believe to hold the lock. After that, the stored time decides.
        claimed = get_redis(self.app).set(self._turn(entry), 1, nx=True, ex=int(self.lock_timeout))
        stored = Entry.from_key(entry.key, app=self.app)
        return bool(claimed) and stored.last_run_at == entry.last_run_at

    def _release_turn(self, entry: Any) -> None:
        """Undo the record of a turn, which redbeat makes before it sends. Otherwise a broker outage would skip it."""
        with get_redis(self.app).pipeline() as pipe:
            pipe.hset(entry.key, "meta", json.dumps({"last_run_at": as_meta(entry.last_run_at)}))
            pipe.zadd(self.app.redbeat_conf.schedule_key, {entry.key: entry.score})
            pipe.delete(self._turn(entry))
            pipe.execute()

    @staticmethod
    def _turn(entry: Any) -> str:
        return f"{entry.key}:turn:{entry.last_run_at}"

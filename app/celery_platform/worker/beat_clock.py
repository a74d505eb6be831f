"""An entry that was last sent in the future, by the store's clock: some beat's clock was wrong once.

redbeat keeps when an entry was sent, and waits for the turn after that. A clock that was a year ahead for a moment thus
silences a minutely entry for a year (celery#5892). Here the entry counts from now on again, which is said in the log.
"""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from redbeat.schedulers import RedBeatSchedulerEntry, get_redis

from celery_platform.worker.beat_entry import as_meta

logger = logging.getLogger(__name__)

# Clocks that are kept by NTP differ by milliseconds; one that is not may run a few seconds off before it is noticed.
TOLERANCE = timedelta(seconds=30)


def mend_future_turns(scheduler: Any) -> list[str]:
    """Let entries whose last turn lies in the future count from now; returns their names.

    Raises:
        RedisError: the store does not answer.

    Example: `mend_future_turns(scheduler) == ["every_minute"]`
    """
    app = scheduler.app
    store, conf = get_redis(app), app.redbeat_conf
    seconds, _ = store.time()
    now = datetime.fromtimestamp(seconds, UTC)
    _compare(datetime.now(UTC), now)
    keys = store.zrange(conf.schedule_key, 0, -1)
    with store.pipeline() as pipe:
        for key in keys:
            pipe.hget(key, "meta")
        metas = pipe.execute()
    mended = []
    for key, meta in zip(keys, metas, strict=True):
        last = RedBeatSchedulerEntry.decode_meta(meta)["last_run_at"]
        if last is not None and last > now + TOLERANCE:
            name = key.removeprefix(conf.key_prefix)
            logger.error(
                "%s was last sent at %s, which is to come: a clock was wrong. It counts from now on", name, last
            )
            _count_from(scheduler, key, now)
            mended.append(name)
    return mended


def _compare(own: datetime, stores: datetime) -> None:
    if abs(own - stores) > TOLERANCE:
        logger.error("this machine's clock says %s, the store's %s: entries are sent by the former", own, stores)


def _count_from(scheduler: Any, key: str, now: datetime) -> None:
    entry = scheduler.Entry.from_key(key, app=scheduler.app)
    entry.last_run_at = now.astimezone(scheduler.app.timezone)
    with get_redis(scheduler.app).pipeline() as pipe:
        meta = {"last_run_at": as_meta(now), "total_run_count": entry.total_run_count}
        pipe.hset(key, "meta", json.dumps(meta))
        pipe.zadd(scheduler.app.redbeat_conf.schedule_key, {key: entry.score})
        pipe.execute()

"""An entry of the schedule: the store has only the time at which it was last sent, and the code defines the rest.

redbeat stores the whole entry as JSON and reads it back at each turn. This format does not support solar schedules or
an application's own schedule classes, loses the time zone of a crontab, and evaluates lazy arguments only once. For
entries that the code or the environment file defines, only the time of the last turn is therefore read from the store.
Entries that somebody added to the store with redbeat's own functions are left to redbeat.

redbeat also writes local times, which are ambiguous in the hour that a clock change repeats, and calculates with wall
clock time. In a zone with daylight saving time, an interval would be sent again and again for an hour in autumn, and a
daily entry would be an hour late on that day. Here, all stored and compared times are in UTC.
Unnecessary as soon as redbeat keeps times in UTC; `tests/celery_platform/worker/test_beat_entry.py` shows both.
"""

import json
from datetime import UTC, datetime
from typing import Any

from redbeat.decoder import RedBeatJSONEncoder
from redbeat.schedulers import RedBeatSchedulerEntry, get_redis


class _Shown(RedBeatJSONEncoder):  # type: ignore[misc]
    """Encode values that JSON cannot represent as text, for people who read the store."""

    def default(self, value: Any) -> Any:
        try:
            return super().default(value)
        except TypeError:
            return repr(value)


def as_meta(moment: datetime | None) -> Any:
    """A time in redbeat's notation, in UTC."""
    return moment and json.loads(json.dumps(moment.astimezone(UTC), cls=RedBeatJSONEncoder))


class Entry(RedBeatSchedulerEntry):  # type: ignore[misc]
    """redbeat's entry, but defined by the code."""

    @classmethod
    def from_key(cls, key: str, app: Any = None) -> "Entry":
        """The entry that the code defines, with its last turn; redbeat's own entry if the code has none of that name.

        Raises:
            KeyError: the store has no such entry.
        """
        name = key.removeprefix(app.redbeat_conf.key_prefix)
        defined = app.conf.beat_schedule.get(name)
        if defined is None:
            found: Entry = super().from_key(key, app=app)
        else:
            definition, meta = get_redis(app).hmget(key, "definition", "meta")
            if not definition:
                raise KeyError(key)
            last = cls.decode_meta(meta)
            found = cls(**dict(defined, name=name, app=app))
            found.enabled = json.loads(definition).get("enabled", True)
            found.last_run_at = last["last_run_at"]
            found.total_run_count = last.get("total_run_count", 0)
        # Relative intervals and daily ones follow the clock of the application's zone.
        found.last_run_at = found.last_run_at and found.last_run_at.astimezone(app.timezone)
        return found

    def default_now(self) -> datetime:
        """The current time in UTC, in which times are kept."""
        now: datetime = super().default_now()
        return now.astimezone(UTC)

    _default_now = default_now  # redbeat uses both names

    @property
    def due_at(self) -> datetime | None:
        """The time at which it is sent next: now if it is late or was never sent, `None` if never again."""
        if self.last_run_at is None:
            return self.default_now()
        left = self.schedule.remaining_estimate(self.last_run_at.astimezone(self.app.timezone))
        if left is None:
            return None
        now = self.default_now()
        due: datetime = max(now, now + left)
        return due

    def save(self) -> "Entry":
        """Store the entry, for people who read the store, and the time it was last sent if none is stored yet."""
        definition = {
            "name": self.name, "task": self.task, "args": self.args, "kwargs": self.kwargs, "options": self.options,
            "schedule": self.schedule, "enabled": self.enabled,
        }  # fmt: skip
        with get_redis(self.app).pipeline() as pipe:
            pipe.hset(self.key, "definition", json.dumps(definition, cls=_Shown))
            pipe.hsetnx(self.key, "meta", json.dumps({"last_run_at": as_meta(self.last_run_at)}))
            pipe.zadd(self.app.redbeat_conf.schedule_key, {self.key: self.score})
            pipe.execute()
        return self

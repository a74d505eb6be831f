"""An entry of the schedule: the store keeps when it was last sent, the code says everything else.

redbeat keeps the whole entry as JSON, and reads it back at each turn. That takes no solar schedule and no class of an
application's own, forgets the time zone of a crontab, and evaluates lazy arguments once. So of an entry that the code
or the environment file states, only the time of its last turn comes from the store. Entries that somebody put into the
store by redbeat's own means stay redbeat's.

redbeat also writes local times without saying which of the two an hour is that a clock change repeats, and adds to them
as the clock on the wall would: in a zone with summer time an interval would be sent again and again for an hour in
autumn, and a daily entry come an hour late on that day. Here all that is kept and compared is in UTC.
Unnecessary as soon as redbeat keeps times in UTC; `tests/celery_platform/worker/test_beat_entry.py` shows both.
"""

import json
from datetime import UTC, datetime
from typing import Any

from redbeat.decoder import RedBeatJSONEncoder
from redbeat.schedulers import RedBeatSchedulerEntry, get_redis


class _Shown(RedBeatJSONEncoder):  # type: ignore[misc]
    """Return as text what JSON cannot represent, for people who read the store."""

    def default(self, value: Any) -> Any:
        try:
            return super().default(value)
        except TypeError:
            return repr(value)


def as_meta(moment: datetime | None) -> Any:
    """The moment in redbeat's own notation, in UTC."""
    return moment and json.loads(json.dumps(moment.astimezone(UTC), cls=RedBeatJSONEncoder))


class Entry(RedBeatSchedulerEntry):  # type: ignore[misc]
    """redbeat's entry, defined by the code."""

    @classmethod
    def from_key(cls, key: str, app: Any = None) -> "Entry":
        """The entry as the code states it, with its last turn; redbeat's own where the code has none of that name.

        Raises:
            KeyError: the store has no such entry.
        """
        name = key.removeprefix(app.redbeat_conf.key_prefix)
        stated = app.conf.beat_schedule.get(name)
        if stated is None:
            found: Entry = super().from_key(key, app=app)
        else:
            definition, meta = get_redis(app).hmget(key, "definition", "meta")
            if not definition:
                raise KeyError(key)
            last = cls.decode_meta(meta)
            found = cls(**dict(stated, name=name, app=app))
            found.enabled = json.loads(definition).get("enabled", True)
            found.last_run_at = last["last_run_at"]
            found.total_run_count = last.get("total_run_count", 0)
        # Relative intervals and daily ones follow the clock of the application's zone.
        found.last_run_at = found.last_run_at and found.last_run_at.astimezone(app.timezone)
        return found

    def default_now(self) -> datetime:
        """In UTC, in which it is kept."""
        now: datetime = super().default_now()
        return now.astimezone(UTC)

    _default_now = default_now  # redbeat's name of it

    @property
    def due_at(self) -> datetime | None:
        """When it is to be sent next; now if it is late or was never sent, `None` if never again."""
        if self.last_run_at is None:
            return self.default_now()
        left = self.schedule.remaining_estimate(self.last_run_at.astimezone(self.app.timezone))
        if left is None:
            return None
        now = self.default_now()
        due: datetime = max(now, now + left)
        return due

    def save(self) -> "Entry":
        """Store the entry for people who read the store, and when it was last sent, unless that is stored already."""
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

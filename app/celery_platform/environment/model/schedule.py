"""Section `schedule`: tasks that beat sends, and when. The application's own `beat_schedule` needs none of it."""

import re
from typing import Any, Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed, Label

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Celery user guide, "Solar schedules".
SolarEvent = Literal[
    "dawn_astronomical", "dawn_nautical", "dawn_civil", "sunrise", "solar_noon", "sunset", "dusk_civil",
    "dusk_nautical", "dusk_astronomical",
]  # fmt: skip


class Solar(Closed):
    """What the sun does at a place. Celery computes it with `ephem`, a requirement of the application then."""

    event: SolarEvent = Field(description="as Celery's solar schedule names it")
    lat: float = Field(ge=-90, le=90, description="latitude in degrees, north is positive")
    lon: float = Field(ge=-180, le=180, description="longitude in degrees, east is positive")


class ScheduleOptions(Closed):
    """Options of the call."""

    expires_seconds: int | None = Field(default=None, gt=0, description="not begun by then, it is dropped")
    priority: int | None = Field(default=None, ge=0, le=9, description="5 to 9 need a queue with priorities: 2")


class ScheduleEntry(Closed):
    """A task that beat sends; exactly one of `cron`, `every` and `solar` says when.

    Example: `{task: orders.tasks.close_day, cron: "0 6 * * 1-5", timezone: Europe/Berlin}`
    """

    task: str = Field(min_length=1, description="the task's name")
    queue: Label | None = Field(default=None, description="where the task's route goes, if it is not said")
    cron: str | None = Field(
        default=None, description="minute hour day-of-month month weekday, as Celery's crontab: all must match"
    )
    every: str | None = Field(default=None, description="an interval: 30s, 5m, 1h30m")
    solar: Solar | None = None
    timezone: str | None = Field(default=None, description="of `cron`; the application's, if it is not said")
    args: tuple[Any, ...] = Field(default=(), description="positional arguments")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="keyword arguments")
    options: ScheduleOptions = ScheduleOptions()

    @property
    def every_seconds(self) -> int | None:
        """The interval; `None` where there is none, 0 where it is none that can be read.

        Example: `ScheduleEntry(task="t", every="1h30m").every_seconds == 5400`
        """
        if self.every is None:
            return None
        if not re.fullmatch(r"(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?", self.every):
            return 0
        return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", self.every))

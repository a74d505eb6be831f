"""Section `schedule`: tasks that beat sends, and when. The application's own `beat_schedule` works without it."""

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
    """A solar event at a place. Celery computes it with `ephem`, which the application must then require."""

    event: SolarEvent = Field(description="as Celery's solar schedule names it")
    lat: float = Field(ge=-90, le=90, description="latitude in degrees, north is positive")
    lon: float = Field(ge=-180, le=180, description="longitude in degrees, east is positive")


class ScheduleOptions(Closed):
    """Options of the task call."""

    expires_seconds: int | None = Field(
        default=None, gt=0, description="a task that has not started by then is dropped"
    )
    priority: int | None = Field(default=None, ge=0, le=9, description="5 to 9 need a queue with priorities: 2")


class ScheduleEntry(Closed):
    """A task that beat sends. Exactly one of `cron`, `every` and `solar` determines when.

    Example: `{task: orders.tasks.close_day, cron: "0 6 * * 1-5", timezone: Europe/Berlin}`
    """

    task: str = Field(min_length=1, description="the task's name")
    queue: Label | None = Field(default=None, description="by default the queue of the task's route")
    cron: str | None = Field(
        default=None, description="minute hour day-of-month month weekday, as in Celery's crontab: all must match"
    )
    every: str | None = Field(default=None, description="an interval: 30s, 5m, 1h30m")
    solar: Solar | None = None
    timezone: str | None = Field(default=None, description="the time zone of `cron`; by default the application's")
    args: tuple[Any, ...] = Field(default=(), description="positional arguments")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="keyword arguments")
    options: ScheduleOptions = ScheduleOptions()

    @property
    def every_seconds(self) -> int | None:
        """The interval in seconds; `None` if `every` is not set, 0 if it is not a valid interval.

        Example: `ScheduleEntry(task="t", every="1h30m").every_seconds == 5400`
        """
        if self.every is None:
            return None
        if not re.fullmatch(r"(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?", self.every):
            return 0
        return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", self.every))

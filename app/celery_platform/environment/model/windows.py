"""Times at which a pool on EKS has more workers than its minimum, whatever waits in its queues."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Window(Closed):
    """A time that repeats, from each `start` to the next `end`, for work that people know of before it is there.

    Example: `{start: "45 7 * * 1-5", end: "0 18 * * 1-5", min: 8, timezone: Europe/Berlin}`
    """

    start: str = Field(description="minute hour day-of-month month weekday, as in cron")
    end: str = Field(description="likewise; the queues alone decide from then on")
    min: int = Field(ge=1, le=100, description="workers that run within the window")
    timezone: str = Field(default="UTC", description="the time zone of start and end, such as Europe/Berlin")

"""Sections `queues` and `schedule`: what is to be done, and when."""

from pydantic import Field

from celery_platform.environment.model.base import Closed, Label, Seconds


class Queue(Closed):
    """A queue and the pool that drains it. The time limits of every layer are derived from its soft limit."""

    pool: Label
    soft_time_limit_seconds: Seconds
    max_countdown_seconds: int = Field(default=300, ge=0, le=900, description="longest countdown or retry delay")
    calls: tuple[Label, ...] = Field(
        default=(), description="names of `services` that its tasks need: their workers reach no other"
    )
    fifo: bool = Field(default=False, description="SQS only: in order, one task after the other (one message group)")
    priorities: int = Field(
        default=1, ge=1, le=2, description="2: calls with a priority of 5 to 9 begin before those that wait already"
    )
    max_deliveries: int = Field(default=5, ge=1, le=100, description="then the message goes to the dead letter queue")


class ScheduleEntry(Closed):
    """A task that beat sends. `cron` has the five usual fields, in UTC."""

    task: str
    queue: Label
    cron: str = Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$")

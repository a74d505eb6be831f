"""Sections `alerts` and `budget`: when somebody is told."""

from pydantic import Field

from app.environment.model.base import Closed, Seconds


class Alerts(Closed):
    """Thresholds of the alerts and who is told."""

    queue_length: int = Field(gt=0)
    queue_wait_seconds: Seconds
    failure_ratio: float = Field(gt=0, lt=1)
    notify: str


class Budget(Closed):
    """The monthly cost at which someone is told."""

    monthly_usd: int = Field(gt=0)

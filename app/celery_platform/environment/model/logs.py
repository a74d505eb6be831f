"""Section `logs`: what is in CloudWatch Logs, and how long it is kept there."""

from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Logs(Closed):
    """One retention for every log group. CloudWatch accepts only these numbers of days (PutRetentionPolicy)."""

    retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = Field(
        default=30, description="after which CloudWatch deletes them"
    )
    hosts: bool = Field(
        default=False,
        description="ship the journal of every host, tasks' lines too, to a log group; billed by the gigabyte",
    )

"""Section `logs`: for how long CloudWatch keeps those of AWS: the cluster's, the network's, the broker's."""

from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Logs(Closed):
    """One retention for every log group. CloudWatch takes only these numbers of days (PutRetentionPolicy)."""

    retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] = Field(
        default=30, description="after which CloudWatch deletes them"
    )

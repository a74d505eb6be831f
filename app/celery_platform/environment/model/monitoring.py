"""Section `monitoring`."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Monitoring(Closed):
    """Prometheus and Alertmanager on a dedicated host, if `instance_type` is set.

    There is none by default. An environment on EKS usually has the cluster's own Prometheus, which scrapes the chart's
    pods and loads the same rule file, and a company usually has one Alertmanager already.
    """

    instance_type: str | None = Field(
        default=None, description="size of the monitoring host; without it there is no such host"
    )

    retention_days: int = Field(default=15, ge=1, le=400, description="after which Prometheus deletes samples")
    retention_gib: int = Field(default=8, ge=1, le=1024, description="size above which the oldest samples are deleted")

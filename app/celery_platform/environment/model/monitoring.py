"""Section `monitoring`."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Monitoring(Closed):
    """Prometheus and Alertmanager on a host of their own, where `instance_type` asks for one.

    None is made unasked: an environment on EKS usually has the cluster's own Prometheus, which reads the chart's pods
    and the same rule file, and a company has one place where its alerts go.
    """

    instance_type: str | None = Field(default=None, description="size of the monitoring host; without it there is none")

    retention_days: int = Field(default=15, ge=1, le=400, description="after which Prometheus deletes samples")
    retention_gib: int = Field(default=8, ge=1, le=1024, description="size at which the oldest samples go first")

"""Section `monitoring`."""

from pydantic import Field

from app.environment.model.base import Closed


class Monitoring(Closed):
    """A host with Prometheus, Alertmanager and the broker exporter.

    Off unless asked for: an environment on EKS usually has the cluster's own Prometheus, which reads the chart's pods
    and the same rule file, and a company has one place where its alerts go.
    """

    host: bool = False
    instance_type: str = "t3.small"
    volume_gib: int = Field(default=20, ge=16, le=1024, description="half of it is for samples")
    retention_days: int = Field(default=15, ge=1, le=400)
    smtp_require_tls: bool = Field(default=True, description="whether alerts are mailed over TLS only")

"""Section `services`."""

from pydantic import Field

from app.environment.model.base import Closed, Port


class Services(Closed):
    """What the tasks call outside the environment. Credentials are not here but in Secrets Manager."""

    payment_gateway_url: str = Field(pattern=r"^https?://")
    metrics_api_url: str = Field(pattern=r"^https?://")
    metrics_rate_per_minute: int = Field(gt=0, description="the quota of the metrics API, shared by all workers")
    smtp_host: str
    smtp_port: Port

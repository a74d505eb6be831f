"""Section `traces`: where OpenTelemetry traces go."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Traces(Closed):
    """Every process that sends or runs tasks, on hosts and in pods, sends its traces there, if there is an endpoint.

    Example: `{endpoint: "http://collector.observability:4318", ratio: 0.1}`
    """

    endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s{}]+$",
        description="a collector that takes OTLP over HTTP, such as http://collector.observability:4318, in the "
        "network or in the cluster; without it there are no traces",
    )
    ratio: float = Field(default=1, gt=0, le=1, description="share of all traces that is kept")
    link: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s{}@]+\{trace_id\}[^\s{}@]*$",
        description="the address of a trace in what shows them, with {trace_id} in place of its id, such as "
        "https://grafana.example.com/explore/{trace_id}; `app task` and the console link to it, so it has no login",
    )

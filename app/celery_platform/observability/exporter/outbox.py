"""What the exporter reads from Valkey and serves of the outbox: the last report of a relay."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from celery_platform.observability.exporter.store import ask
from celery_platform.observability.outbox_report import NEVER_READ, OutboxReport, outbox_key, outbox_report_of


def read_outbox(store_url: str, prefix: str) -> OutboxReport:
    """The last report of a relay; `prefix` is the environment's, such as `celery-prod`.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses the command.

    Example: `read_outbox(runtime().results_url, "celery-prod").waiting`
    """
    (text,) = ask(store_url, ("GET", outbox_key(prefix)))
    return outbox_report_of(text.decode()) if isinstance(text, bytes) else NEVER_READ


def outbox_metrics(report: OutboxReport) -> Iterator[Metric]:
    """The gauges of a report. Of an outbox that was never read, only that is known."""
    yield GaugeMetricFamily(
        "celery_outbox_read_timestamp_seconds",
        "When a relay last read the outbox, in seconds since 1970; 0 means never.",
        value=report.at,
    )
    if report == NEVER_READ:
        return
    yield GaugeMetricFamily(
        "celery_outbox_length",
        "Number of tasks waiting in the outbox when a relay last read it; 10000 means at least as many.",
        value=report.waiting,
    )
    yield GaugeMetricFamily(
        "celery_outbox_oldest_task_age_seconds",
        "Age of the oldest task waiting in the outbox when a relay last read it, in seconds.",
        value=report.oldest_seconds,
    )
    yield GaugeMetricFamily(
        "celery_outbox_refused_length",
        "Number of tasks that relays set aside because they can never be sent; 10000 means at least as many.",
        value=report.refused,
    )

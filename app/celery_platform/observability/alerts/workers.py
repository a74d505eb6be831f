"""Alerts on failing tasks, and on workers that are down, restarting or stuck."""

from collections.abc import Iterator

from celery_platform.observability.alerts.alert import Alert, Thresholds

# Longer than the age at which a probe restarts the worker. Above it, `app status` shows the heartbeat in red.
HEARTBEAT_OLD_SECONDS = 60
LOST_CHILDREN = 3


def recorded(_: Thresholds) -> Iterator[dict[str, str]]:
    """Recording rules: the share of attempts that failed for good, by task."""
    failed, ended = (
        f'sum by (name, queue_name) (increase(celery_task_total{{state=~"{states}"}}[10m]))'
        for states in ("failed", "failed|succeeded")
    )
    yield {"record": "celery:task_ended:increase10m", "expr": ended}
    yield {"record": "celery:task_failed:ratio10m", "expr": f"{failed} / (celery:task_ended:increase10m > 0)"}


def alerts(thresholds: Thresholds) -> Iterator[Alert]:
    """The alerts on tasks and workers."""
    yield Alert(
        "CeleryTasksFail",
        f"celery:task_failed:ratio10m > {thresholds.failure_ratio}"
        f" and celery:task_ended:increase10m >= {thresholds.failure_minimum}",
        "2m", "page",
        "{{ $value | humanizePercentage }} of the attempts at {{ $labels.name }} have failed in the last ten minutes.",
    )  # fmt: skip
    yield Alert(
        "CeleryWorkerDown", 'up{job="celery-worker"} == 0', "1m", "ticket",
        "The worker at {{ $labels.instance }} is not answering scrapes.",
    )  # fmt: skip
    yield Alert(
        "CeleryWorkerRestarts",
        f"changes(celery_worker_start_time_seconds[15m]) > {thresholds.worker_restarts}",
        "0s", "page",
        "{{ $labels.hostname }} has restarted {{ $value }} times in the last fifteen minutes.",
    )  # fmt: skip
    yield Alert(
        "CeleryWorkerWedged", f"celery_worker_heartbeat_age_seconds > {HEARTBEAT_OLD_SECONDS}", "30s", "page",
        "The event loop of {{ $labels.hostname }} has been stuck for {{ $value | humanizeDuration }}.",
    )  # fmt: skip
    yield Alert(
        "CeleryChildrenLost",
        f"sum by (name, queue_name) (increase(celery_task_lost_total[10m])) >= {LOST_CHILDREN}",
        "0s", "page",
        "{{ $labels.name }} has killed its process {{ $value | humanize }} times in the last ten minutes.",
    )  # fmt: skip

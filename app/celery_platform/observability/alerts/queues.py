"""Alerts on queues whose messages pile up, start late, or are not processed at all."""

from collections.abc import Iterator

from celery_platform.observability.alerts import error_budget
from celery_platform.observability.alerts.alert import Alert, Thresholds

# Of a queue that people have paused, nobody is told that it stands still, which they know; but that it still does.
NOT_PAUSED = " unless on (queue_name) celery_queue_paused == 1"
PAUSED_LONG = "4h"


def recorded(thresholds: Thresholds) -> Iterator[dict[str, str]]:
    """Recording rules: the share of late tasks by queue for each window, and the 95th percentile of the wait."""
    yield from error_budget.recorded(thresholds)
    yield {
        "record": "celery:task_queue_wait_time:p95_5m",
        "expr": "histogram_quantile(0.95, sum by (queue_name, le) (rate(celery_task_queue_wait_time_bucket[5m])))",
    }


def alerts(thresholds: Thresholds) -> Iterator[Alert]:
    """The alerts on queues."""
    objective = thresholds.queue_wait_objective
    late = (
        "{{ $value | humanizePercentage }} of the tasks in {{ $labels.queue_name }} "
        + f"have waited for more than {thresholds.queue_wait_seconds} s."
    )
    yield Alert(
        "CeleryQueueLong",
        f"celery_queue_length > {thresholds.queue_length}",
        "5m", "ticket",
        "{{ $labels.queue_name }} has {{ $value }} messages waiting.",
    )  # fmt: skip
    yield Alert(
        "CeleryQueueWaitBurnsFast", _late(error_budget.FAST, objective), "2m", "page", late
    )  # fmt: skip
    yield Alert(
        "CeleryQueueWaitBurnsSlowly", _late(error_budget.SLOW, objective), "15m", "ticket", late
    )  # fmt: skip
    yield Alert(
        "CeleryQueueNotDrained",
        # Workers report the queues that they drain, so this also works on brokers that do not report consumers.
        "celery_queue_length > 0 unless on (queue_name) sum by (queue_name) (celery_active_consumer_count) > 0"
        + NOT_PAUSED,
        "30s", "page",
        "{{ $labels.queue_name }} has {{ $value }} messages waiting and no worker that drains it.",
    )  # fmt: skip
    yield Alert(
        "CeleryQueueStalled",
        "celery_queue_length > 0"
        " and on (queue_name) sum by (queue_name) (celery_active_consumer_count) > 0"
        " and on (queue_name) sum by (queue_name) (celery_queue_free_slots) > 0"
        " unless on (queue_name) sum by (queue_name) (increase(celery_task_started_total[30s])) > 0" + NOT_PAUSED,
        "10s", "page",
        "{{ $labels.queue_name }} has messages waiting and workers with free slots, but no tasks are starting.",
    )  # fmt: skip
    yield Alert(
        "CeleryOldestMessageOld",
        f"celery_queue_oldest_message_age_seconds > {thresholds.oldest_message_seconds}{NOT_PAUSED}",
        "1m", "page",
        "The oldest message in {{ $labels.queue_name }} has been waiting for {{ $value | humanizeDuration }}.",
    )  # fmt: skip
    yield Alert(
        "CeleryQueuePaused",
        "celery_queue_paused == 1",
        PAUSED_LONG, "ticket",
        "{{ $labels.queue_name }} has been paused for four hours.",
    )  # fmt: skip
    yield Alert(
        "CeleryDeadLetters",
        f"celery_dead_letter_queue_length > {thresholds.dead_letters}",
        "1m", "ticket",
        "{{ $labels.queue_name }} has {{ $value }} dead-lettered messages.",
    )  # fmt: skip


def _late(burn: error_budget.Burn, objective: float) -> str:
    most = error_budget.burns_over(burn, objective)
    return " and ".join(f"{error_budget.late_ratio(window)} > {most}" for window in (burn.long, burn.short))

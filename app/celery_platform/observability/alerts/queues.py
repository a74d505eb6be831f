"""Alerts on queues whose messages pile up, start late, or are not processed at all."""

from collections.abc import Iterator

from celery_platform.observability.alerts.alert import Alert, Thresholds

# Google's SRE workbook, "Alerting on SLOs", table 5-8: burn rates of a 30-day error budget. Each is measured over a
# long window, so that the alert is significant, and a short one, so that it resolves soon after the problem ends.
FAST_BURN, SLOW_BURN = 14.4, 6
WINDOWS = ("5m", "30m", "1h", "6h")
# With fewer tasks in a window, a single late one would be a large percentage.
LEAST_TASKS = 10
# Of a queue that people have paused, nobody is told that it stands still, which they know; but that it still does.
NOT_PAUSED = " unless on (queue_name) celery_queue_paused == 1"
PAUSED_LONG = "4h"


def late_ratio(window: str) -> str:
    """The recording rule of the share of tasks that started later than the objective allows."""
    return f"celery:task_late:ratio_rate{window}"


def recorded(thresholds: Thresholds) -> Iterator[dict[str, str]]:
    """Recording rules: the share of late tasks by queue for each window, and the 95th percentile of the wait."""
    bucket, count = "celery_task_queue_wait_time_bucket", "celery_task_queue_wait_time_count"
    within = f'{bucket}{{le="{float(thresholds.queue_wait_seconds)}"}}'
    for window in WINDOWS:
        started = f"sum by (queue_name) (increase({count}[{window}]))"
        in_time = f"sum by (queue_name) (increase({within}[{window}]))"
        expression = f"(1 - {in_time} / {started}) and {started} >= {LEAST_TASKS}"
        yield {"record": late_ratio(window), "expr": expression}
    yield {
        "record": "celery:task_queue_wait_time:p95_5m",
        "expr": f"histogram_quantile(0.95, sum by (queue_name, le) (rate({bucket}[5m])))",
    }


def alerts(thresholds: Thresholds) -> Iterator[Alert]:
    """The alerts on queues."""
    budget = 1 - thresholds.queue_wait_objective
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
        "CeleryQueueWaitBurnsFast", _burn("1h", "5m", FAST_BURN * budget), "2m", "page", late
    )  # fmt: skip
    yield Alert(
        "CeleryQueueWaitBurnsSlowly", _burn("6h", "30m", SLOW_BURN * budget), "15m", "ticket", late
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


def _burn(long: str, short: str, ratio: float) -> str:
    # The ratio cannot exceed 1. Without the cap, a loose objective would make an alert that never fires.
    most = round(min(ratio, 0.9), 6)
    return f"{late_ratio(long)} > {most} and {late_ratio(short)} > {most}"

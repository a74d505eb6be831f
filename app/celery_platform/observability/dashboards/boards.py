"""The dashboards: fleet, one queue, one task, broker, cost. `make test-observability` checks every query for data."""

from celery_platform.observability.alerts.error_budget import FAST, late_ratio
from celery_platform.observability.dashboards.panel import Board, Panel, one

QUEUE, TASK, HOST = "{{queue_name}}", "{{name}}", "{{hostname}}"
# `celery_task_total` also counts messages sent and received, and attempts started.
ENDED = 'state!~"sent|received|started"'
OF_QUEUE, OF_TASK = '{queue_name="$queue"}', '{name="$task"}'


def _quantiles(bucket: str, where: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"histogram_quantile({share}, sum by (le) (rate({bucket}{where}[5m])))", f"{round(share * 100)} %")
        for share in (0.5, 0.95, 0.99)
    )


FLEET = Board(
    "celery-fleet", "Celery: fleet", "Where work is late, failing or piling up.",
    (
        Panel("Waiting messages", one("celery_queue_length", QUEUE)),
        Panel("Queue wait, 95th percentile", one("celery:task_queue_wait_time:p95_5m", QUEUE), "s"),
        Panel("Finished attempts by state", one(f"sum by (state) (rate(celery_task_total{{{ENDED}}}[1m]))",
        "{{state}}"), "ops",
              stacked=True),
        Panel("Share of attempts that failed", one("celery:task_failed:ratio10m", TASK), "percentunit"),
        Panel("Dead-lettered messages", one("celery_dead_letter_queue_length", QUEUE)),
        Panel("Slot utilization", one("celery_worker_pool_utilization_ratio", HOST), "percentunit"),
        Panel("Workers", one("sum by (queue_name) (celery_active_worker_count)", QUEUE)),
        Panel("Outbox: tasks waiting and refused", (
            ("celery_outbox_length", "waiting"), ("celery_outbox_refused_length", "refused"))),
        Panel("Outbox: age of the oldest task", one("celery_outbox_oldest_task_age_seconds", "age"), "s"),
        Panel("Firing alerts", one('count by (alertname) (ALERTS{alertstate="firing"}) or vector(0)', "{{alertname}}")),
    ),
)  # fmt: skip
ONE_QUEUE = Board(
    "celery-queue", "Celery: one queue", "The backlog, throughput, waiting time and runtime of one queue.",
    (
        Panel("Backlog", (
            (f"celery_queue_length{OF_QUEUE}", "waiting"), (f"celery_queue_unacked{OF_QUEUE}", "unacknowledged"))),
        Panel("Age of the oldest message", one(f"celery_queue_oldest_message_age_seconds{OF_QUEUE}", "age"), "s"),
        Panel("Queue wait", _quantiles("celery_task_queue_wait_time_bucket", OF_QUEUE), "s"),
        Panel("Share of tasks that started late", (
            (late_ratio(FAST.short) + OF_QUEUE, "5 min"), (late_ratio(FAST.long) + OF_QUEUE, "1 h")),
            "percentunit"),
        Panel("Received, started and succeeded", (
            (f"sum(rate(celery_task_received_total{OF_QUEUE}[1m]))", "received"),
            (f"sum(rate(celery_task_started_total{OF_QUEUE}[1m]))", "started"),
            (f"sum(rate(celery_task_succeeded_total{OF_QUEUE}[1m]))", "succeeded")), "ops"),
        Panel("Slots", (
            (f"sum(celery_active_process_count{OF_QUEUE})", "all"),
            (f"sum(celery_queue_free_slots{OF_QUEUE})", "free"))),
        Panel("Dead-lettered messages", one(f"celery_dead_letter_queue_length{OF_QUEUE}", "messages")),
        Panel("Runtime", _quantiles("celery_task_runtime_bucket", OF_QUEUE), "s"),
    ),
    {"queue": "label_values(celery_queue_length, queue_name)"},
)  # fmt: skip
ONE_TASK = Board(
    "celery-task", "Celery: one task", "The outcomes, runtime and waiting time of one task.",
    (
        Panel("Finished attempts by state", one(
            f'sum by (state) (rate(celery_task_total{{name="$task", {ENDED}}}[1m]))', "{{state}}"),
            "ops", stacked=True),
        Panel("Runtime", _quantiles("celery_task_runtime_bucket", OF_TASK), "s"),
        Panel("Queue wait", _quantiles("celery_task_queue_wait_time_bucket", OF_TASK), "s"),
        Panel("Share of attempts that failed", one(f"celery:task_failed:ratio10m{OF_TASK}", "failed"), "percentunit"),
        Panel("Retries, rate limit waits and losses", (
            (f"sum(rate(celery_task_retried_total{OF_TASK}[5m]))", "retried"),
            (f"sum(rate(celery_task_waited_total{OF_TASK}[5m]))", "waited"),
            (f"sum(rate(celery_task_lost_total{OF_TASK}[5m]))", "lost")), "ops"),
        Panel("Messages dead-lettered", one(
            f"sum(increase(celery_dead_letters_published_total{OF_TASK}[1h]))", "in 1 h")),
    ),
    {"task": "label_values(celery_task_started_total, name)"},
)  # fmt: skip
BROKER = Board(
    "celery-broker", "Celery: broker", "The broker's nodes and queues, and whether the exporter can poll it.",
    (
        Panel("Exporter and its last poll", (
            ("celery_broker_up", "last poll"), ('up{job="celery-exporter"}', "exporter"))),
        Panel("Running nodes", one("celery_broker_node_up", "{{node}}")),
        Panel("Memory use, share of the limit", one(
            "celery_broker_memory_used_bytes / (celery_broker_memory_limit_bytes > 0)", "{{node}}"), "percentunit"),
        Panel("Free disk space", one("celery_broker_disk_free_bytes", "{{node}}"), "bytes"),
        Panel("Online members of quorum queues", one("celery_queue_members_online", QUEUE)),
        Panel("Consumers", one("celery_queue_consumers", QUEUE)),
        Panel("Backlog", one("celery_queue_backlog", QUEUE), stacked=True),
        Panel("Duration of a poll", one("celery_broker_poll_seconds", "seconds"), "s"),
        Panel("Delay of beat", one("celery_beat_overdue_seconds", "seconds"), "s"),
    ),
)  # fmt: skip
COST = Board(
    "celery-cost", "Celery: cost", "How much of the paid capacity is used, and for what.",
    (
        Panel("Slots: paid for and in use", (
            ("sum(celery_worker_concurrency)", "paid for"), ("sum(celery_worker_tasks_active)", "in use")), "short"),
        Panel("Slot-seconds per second, by task", one("sum by (name) (rate(celery_task_runtime_sum[5m]))", TASK),
              stacked=True),
        Panel("Share of attempts without a result", one(
            'sum(rate(celery_task_total{state=~"failed|retried|lost|rejected"}[5m]))'
            ' / (sum(rate(celery_task_total{state="started"}[5m])) > 0)', "without result"), "percentunit"),
        Panel("Budget per thousand tasks, at the current rate", one(
            'sum(celery_budget_monthly_usd) / (sum(rate(celery_task_total{state="succeeded"}[1h])) * 2592 > 0)', "USD"),
            "currencyUSD"),
        Panel("Idle slots by pool", one(
            "sum by (hostname) (celery_worker_concurrency) - sum by (hostname) (celery_worker_tasks_active)", HOST)),
        Panel("Repeated effects skipped by @idempotent", one(
            "sum by (effect) (rate(celery_idempotency_hits_total[5m])) or vector(0)", "{{effect}}"), "ops"),
    ),
)  # fmt: skip
BOARDS = (FLEET, ONE_QUEUE, ONE_TASK, BROKER, COST)

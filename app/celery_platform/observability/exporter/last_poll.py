"""What the last poll of the broker found, as metrics. A scrape reads this and waits for nothing."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from celery_platform.observability.exporter.beat import BeatReading
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.settings import Resolved

# Polls that may fail before old numbers are withdrawn: a graph that stops says more than one that lies.
STALE_POLLS = 4

QUEUE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_queue_length": ("Number of messages that wait for a worker.", "ready"),
    "celery_queue_backlog": (
        "Number of messages that are not finished: those that wait and those that workers hold.",
        "backlog",
    ),
    "celery_queue_unacked": ("Number of messages that workers hold and have not acknowledged.", "unacked"),
    "celery_queue_oldest_message_age_seconds": ("Age of the oldest message that waits for a worker.", "oldest_seconds"),
    "celery_queue_consumers": ("Number of consumers of the queue that the broker knows of.", "consumers"),
    "celery_queue_members": ("Number of replicas that the quorum queue has.", "members"),
    "celery_queue_members_online": ("Number of replicas of the quorum queue that are online.", "members_online"),
}
NODE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_broker_node_up": ("Whether the node is running (1) or not (0).", "running"),
    "celery_broker_memory_used_bytes": ("Memory that the node uses.", "memory_used"),
    "celery_broker_memory_limit_bytes": (
        "Memory at which the node stops taking messages; 0 means that it has no limit.",
        "memory_limit",
    ),
    "celery_broker_memory_alarm": (
        "Whether the node takes no messages because it is out of memory (1) or not (0).",
        "memory_alarm",
    ),
    "celery_broker_disk_free_bytes": ("Disk space that is free on the node.", "disk_free"),
    "celery_broker_disk_free_limit_bytes": (
        "Free disk space below which the node stops taking messages.",
        "disk_free_limit",
    ),
    "celery_broker_disk_alarm": (
        "Whether the node takes no messages because it is out of disk space (1) or not (0).",
        "disk_alarm",
    ),
    "celery_broker_partitions": ("Number of nodes from which the node is partitioned.", "partitions"),
}


@dataclass
class LastPoll:
    """What is known. `reading` and `beat` are of the last poll that succeeded, at `seen_at` (monotonic)."""

    environment: Resolved
    interval_seconds: float
    reading: Reading | None = None
    beat: BeatReading | None = None
    soft_stops: Mapping[str, int] | None = None
    seen_at: float = 0.0
    polls: int = 0
    failures: int = 0
    poll_seconds: float = 0.0
    up: bool = False

    def remember(self, reading: Reading, poll_seconds: float) -> None:
        """A poll succeeded."""
        self.reading, self.poll_seconds = reading, poll_seconds
        self.seen_at, self.up = time.monotonic(), True
        self.polls += 1

    def miss(self) -> None:
        """A poll failed."""
        self.up = False
        self.polls += 1
        self.failures += 1


class LastPollCollector:
    """The last poll as Prometheus collects it."""

    def __init__(self, last_poll: LastPoll) -> None:
        self._last_poll = last_poll

    def collect(self) -> Iterator[Metric]:
        """All families."""
        last_poll = self._last_poll
        yield _gauge(
            "celery_broker_up", "Whether the last poll of the broker succeeded (1) or not (0).", float(last_poll.up)
        )
        yield _gauge("celery_broker_poll_seconds", "How long the last poll of the broker took.", last_poll.poll_seconds)
        yield CounterMetricFamily(
            "celery_broker_polls", "Number of times that the exporter has polled the broker.", value=last_poll.polls
        )
        yield CounterMetricFamily(
            "celery_broker_poll_failures", "Number of polls of the broker that failed.", value=last_poll.failures
        )
        yield _gauge(
            "celery_budget_monthly_usd",
            "What the environment may cost in a month.",
            last_poll.environment.budget_monthly_usd,
        )
        if last_poll.soft_stops is not None:
            yield _soft_stops(last_poll.environment, last_poll.soft_stops)
        if last_poll.beat is not None:
            yield _gauge(
                "celery_beat_locked",
                "Whether a beat holds the lock of the schedule (1) or none does (0).",
                float(last_poll.beat.locked),
            )
            yield _gauge(
                "celery_beat_overdue_seconds",
                "How late the entry is that is due first.",
                last_poll.beat.overdue_seconds,
            )
        if last_poll.reading is None or time.monotonic() - last_poll.seen_at > STALE_POLLS * last_poll.interval_seconds:
            return
        yield from self._queues(last_poll.reading.queues)
        yield from _by_label("node", NODE_GAUGES, last_poll.reading.nodes)

    def _queues(self, found: Mapping[str, QueueReading]) -> Iterator[Metric]:
        """Queues and dead letter queues apart; one that is not there yet is empty, and nobody drains it."""
        queues = self._last_poll.environment.queues.values()
        nothing = QueueReading(0, consumers=0 if any(queue.consumers is not None for queue in found.values()) else None)
        ours = {queue.name: found.get(queue.name, nothing) for queue in queues}
        yield from _by_label("queue_name", QUEUE_GAUGES, ours)
        dead = GaugeMetricFamily(
            "celery_dead_letter_queue_length",
            "Number of messages of the queue that failed for good and are kept as dead letters.",
            labels=("queue_name", "dead_letter_name"),
        )
        for queue in queues:
            reading = found.get(queue.dead_letter_name, nothing)
            dead.add_metric((queue.name, queue.dead_letter_name), reading.backlog)
        yield dead


def _by_label(
    label: str, gauges: Mapping[str, tuple[str, str]], found: Mapping[str, QueueReading] | Mapping[str, NodeReading]
) -> Iterator[Metric]:
    for name, (text, attribute) in gauges.items():
        family = GaugeMetricFamily(name, text, labels=(label,))
        for key, reading in found.items():
            value = getattr(reading, attribute)
            if value is not None:
                family.add_metric((key,), float(value))
        yield family


def _soft_stops(environment: Resolved, found: Mapping[str, int]) -> Metric:
    """From zero for every pool: a rate sees nothing of what a series had counted when it appeared."""
    family = CounterMetricFamily(
        "celery_worker_soft_shutdowns",
        "Number of stops of workers that ran out of time and gave their tasks back to the broker.",
        labels=("pool",),
    )
    for pool in environment.pools:
        family.add_metric((pool,), found.get(pool, 0))
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)

"""The result of the last poll of the broker as metrics, so that a scrape never waits for the broker."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from celery_platform.observability.exporter.beat import BeatReading
from celery_platform.observability.exporter.outbox import outbox_metrics
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.observability.exporter.workers_wanted import workers_wanted
from celery_platform.observability.outbox_report import OutboxReport
from celery_platform.settings import Resolved

# Failed polls after which the old values are no longer served: a gap in a graph is better than wrong values.
STALE_POLLS = 4

QUEUE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_queue_length": ("Number of messages waiting in the queue.", "ready"),
    "celery_queue_backlog": (
        "Number of unfinished messages: waiting in the queue, or delivered and not acknowledged.",
        "backlog",
    ),
    "celery_queue_unacked": ("Number of messages delivered to workers and not yet acknowledged.", "unacked"),
    "celery_queue_oldest_message_age_seconds": (
        "Age of the oldest message waiting in the queue, in seconds.",
        "oldest_seconds",
    ),
    "celery_queue_consumers": ("Number of consumers of the queue, as reported by the broker.", "consumers"),
    "celery_queue_members": ("Number of replicas of the quorum queue.", "members"),
    "celery_queue_members_online": ("Number of replicas of the quorum queue that are online.", "members_online"),
}
NODE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_broker_node_up": ("Whether the node is running (1) or not (0).", "running"),
    "celery_broker_memory_used_bytes": ("Memory used by the node, in bytes.", "memory_used"),
    "celery_broker_memory_limit_bytes": (
        "Memory use in bytes at which the node stops accepting messages; 0 means no limit.",
        "memory_limit",
    ),
    "celery_broker_memory_alarm": (
        "Whether the node accepts no messages because it is out of memory (1) or not (0).",
        "memory_alarm",
    ),
    "celery_broker_disk_free_bytes": ("Free disk space on the node, in bytes.", "disk_free"),
    "celery_broker_disk_free_limit_bytes": (
        "Free disk space in bytes below which the node stops accepting messages.",
        "disk_free_limit",
    ),
    "celery_broker_disk_alarm": (
        "Whether the node accepts no messages because it is out of disk space (1) or not (0).",
        "disk_alarm",
    ),
    "celery_broker_partitions": ("Number of other nodes that the node cannot reach.", "partitions"),
}


@dataclass
class LastPoll:
    """The state after the last poll. `reading` is of the last successful poll, at `seen_at` (monotonic clock)."""

    environment: Resolved
    interval_seconds: float
    reading: Reading | None = None
    beat: BeatReading | None = None
    soft_stops: Mapping[str, int] | None = None
    paused: frozenset[str] | None = None
    outbox: OutboxReport | None = None
    runtimes: Mapping[str, float] = field(default_factory=dict)
    seen_at: float = 0.0
    polls: int = 0
    failures: int = 0
    poll_seconds: float = 0.0
    up: bool = False

    def remember(self, reading: Reading, poll_seconds: float) -> None:
        """Record a successful poll."""
        self.reading, self.poll_seconds = reading, poll_seconds
        self.seen_at, self.up = time.monotonic(), True
        self.polls += 1

    def miss(self) -> None:
        """Record a failed poll."""
        self.up = False
        self.polls += 1
        self.failures += 1


class LastPollCollector:
    """A Prometheus collector of the last poll's result."""

    def __init__(self, last_poll: LastPoll) -> None:
        self._last_poll = last_poll

    def collect(self) -> Iterator[Metric]:
        """All metric families."""
        last_poll = self._last_poll
        yield _gauge(
            "celery_broker_up", "Whether the last poll of the broker succeeded (1) or not (0).", float(last_poll.up)
        )
        yield _gauge(
            "celery_broker_poll_seconds",
            "Duration of the last poll of the broker, in seconds.",
            last_poll.poll_seconds,
        )
        yield CounterMetricFamily("celery_broker_polls", "Number of polls of the broker.", value=last_poll.polls)
        yield CounterMetricFamily(
            "celery_broker_poll_failures", "Number of failed polls of the broker.", value=last_poll.failures
        )
        yield _gauge(
            "celery_budget_monthly_usd",
            "The environment's monthly budget, in USD.",
            last_poll.environment.budget_monthly_usd,
        )
        if last_poll.soft_stops is not None:
            yield _soft_stops(last_poll.environment, last_poll.soft_stops)
        if last_poll.paused is not None:
            yield _paused(last_poll.environment, last_poll.paused)
        if last_poll.outbox is not None:
            yield from outbox_metrics(last_poll.outbox)
        if last_poll.beat is not None:
            yield _gauge(
                "celery_beat_locked",
                "Whether a beat process holds the lock of the schedule (1) or not (0).",
                float(last_poll.beat.locked),
            )
            yield _gauge(
                "celery_beat_overdue_seconds",
                "How late the first due entry of the schedule is, in seconds.",
                last_poll.beat.overdue_seconds,
            )
        if last_poll.reading is None or time.monotonic() - last_poll.seen_at > STALE_POLLS * last_poll.interval_seconds:
            return
        yield from self._queues(last_poll.reading.queues)
        yield from self._workers_wanted(last_poll.reading.queues)
        yield from _by_label("node", NODE_GAUGES, last_poll.reading.nodes)
        yield _certificates(last_poll.reading.certificates)

    def _queues(self, found: Mapping[str, QueueReading]) -> Iterator[Metric]:
        """Queues and dead letter queues. One that does not exist yet counts as empty and without consumers."""
        queues = self._last_poll.environment.queues.values()
        nothing = QueueReading(0, consumers=0 if any(queue.consumers is not None for queue in found.values()) else None)
        ours = {queue.name: found.get(queue.name, nothing) for queue in queues}
        yield from _by_label("queue_name", QUEUE_GAUGES, ours)
        dead = GaugeMetricFamily(
            "celery_dead_letter_queue_length",
            "Number of dead-lettered messages of the queue.",
            labels=("queue_name", "dead_letter_name"),
        )
        for queue in queues:
            reading = found.get(queue.dead_letter_name, nothing)
            dead.add_metric((queue.name, queue.dead_letter_name), reading.backlog)
        yield dead

    def _workers_wanted(self, found: Mapping[str, QueueReading]) -> Iterator[Metric]:
        """What the autoscaler of each pool that is scaled on waiting time asks for.

        Of a paused queue, only what workers hold counts: further workers would take nothing from it.
        """
        last_poll = self._last_poll
        queues, paused = last_poll.environment.queues, last_poll.paused or frozenset()
        backlog = {
            label: found[queue.name].unacked if label in paused else found[queue.name].backlog
            for label, queue in queues.items()
            if queue.name in found
        }
        family = GaugeMetricFamily(
            "celery_pool_workers_wanted",
            "Number of workers with which the pool's messages would start in time, if it is scaled on waiting time.",
            labels=("pool",),
        )
        for name, pool in last_poll.environment.pools.items():
            if pool.wait_target_seconds is not None:
                wanted = workers_wanted(pool, pool.wait_target_seconds, backlog, last_poll.runtimes)
                family.add_metric((name,), wanted)
        yield family


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
    """Start every pool's series at zero: a rate ignores what a series had already counted when it appeared."""
    family = CounterMetricFamily(
        "celery_worker_soft_shutdowns",
        "Number of worker stops that ran out of time and requeued their running tasks.",
        labels=("pool",),
    )
    for pool in environment.pools:
        family.add_metric((pool,), found.get(pool, 0))
    return family


def _paused(environment: Resolved, labels: frozenset[str]) -> Metric:
    text = "Whether people have paused the queue, so that workers take nothing from it (1), or not (0)."
    family = GaugeMetricFamily("celery_queue_paused", text, labels=("queue_name",))
    for label, queue in environment.queues.items():
        family.add_metric((queue.name,), float(label in labels))
    return family


def _certificates(found: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(
        "celery_broker_certificate_expiry_timestamp_seconds",
        "When the broker's certificate at this address expires, in seconds since 1970.",
        labels=("address",),
    )
    for address, seconds in found.items():
        family.add_metric((address,), seconds)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)

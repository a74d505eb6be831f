"""The last look at the broker, as metrics. A scrape reads this and waits for nothing."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from celery_platform.observability.exporter.beat import BeatReading
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.settings import Resolved

# Looks that may fail before old numbers are withdrawn: a graph that stops says more than one that lies.
STALE_LOOKS = 4

QUEUE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_queue_length": ("Messages that wait for a worker.", "ready"),
    "celery_queue_backlog": ("Messages not finished: waiting and held.", "backlog"),
    "celery_queue_unacked": ("Messages that workers hold.", "unacked"),
    "celery_queue_oldest_message_age_seconds": ("Age of the oldest message that waits.", "oldest_seconds"),
    "celery_queue_consumers": ("Consumers the broker knows of.", "consumers"),
    "celery_queue_members": ("Replicas of a quorum queue.", "members"),
    "celery_queue_members_online": ("Replicas that are up.", "members_online"),
}
NODE_GAUGES: Mapping[str, tuple[str, str]] = {
    "celery_broker_node_up": ("1 when the node runs.", "running"),
    "celery_broker_memory_used_bytes": ("Memory in use.", "memory_used"),
    "celery_broker_memory_limit_bytes": ("Where the node stops taking messages; 0: nowhere.", "memory_limit"),
    "celery_broker_memory_alarm": ("1 when it takes no messages for want of memory.", "memory_alarm"),
    "celery_broker_disk_free_bytes": ("Free space.", "disk_free"),
    "celery_broker_disk_free_limit_bytes": ("Where the node stops taking messages.", "disk_free_limit"),
    "celery_broker_disk_alarm": ("1 when it takes no messages for want of disk.", "disk_alarm"),
    "celery_broker_partitions": ("Nodes it lost sight of.", "partitions"),
}


@dataclass
class Memory:
    """What is known. `reading` and `beat` are of the last look that succeeded, at `seen_at` (monotonic)."""

    environment: Resolved
    interval_seconds: float
    reading: Reading | None = None
    beat: BeatReading | None = None
    soft_stops: Mapping[str, int] | None = None
    seen_at: float = 0.0
    looks: int = 0
    failures: int = 0
    look_seconds: float = 0.0
    up: bool = False

    def remember(self, reading: Reading, look_seconds: float) -> None:
        """A look that succeeded."""
        self.reading, self.look_seconds = reading, look_seconds
        self.seen_at, self.up = time.monotonic(), True
        self.looks += 1

    def miss(self) -> None:
        """A look that failed."""
        self.up = False
        self.looks += 1
        self.failures += 1


class MemoryCollector:
    """Prometheus's view of a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def collect(self) -> Iterator[Metric]:
        """All families."""
        memory = self._memory
        yield _gauge("celery_broker_up", "1 when the last look succeeded.", float(memory.up))
        yield _gauge("celery_broker_look_seconds", "What the last look took.", memory.look_seconds)
        yield CounterMetricFamily("celery_broker_looks", "Looks at the broker.", value=memory.looks)
        yield CounterMetricFamily("celery_broker_look_failures", "Looks that failed.", value=memory.failures)
        yield _gauge("celery_budget_monthly_usd", "What a month may cost.", memory.environment.budget_monthly_usd)
        if memory.soft_stops is not None:
            yield _soft_stops(memory.environment, memory.soft_stops)
        if memory.beat is not None:
            yield _gauge("celery_beat_locked", "1 when a beat holds the schedule.", float(memory.beat.locked))
            yield _gauge("celery_beat_overdue_seconds", "How late the first entry is.", memory.beat.overdue_seconds)
        if memory.reading is None or time.monotonic() - memory.seen_at > STALE_LOOKS * memory.interval_seconds:
            return
        yield from self._queues(memory.reading.queues)
        yield from _by_label("node", NODE_GAUGES, memory.reading.nodes)

    def _queues(self, found: Mapping[str, QueueReading]) -> Iterator[Metric]:
        """Queues and dead letter queues apart; one that is not there yet is empty, and nobody drains it."""
        queues = self._memory.environment.queues.values()
        nothing = QueueReading(0, consumers=0 if any(queue.consumers is not None for queue in found.values()) else None)
        ours = {queue.name: found.get(queue.name, nothing) for queue in queues}
        yield from _by_label("queue_name", QUEUE_GAUGES, ours)
        dead = GaugeMetricFamily(
            "celery_dead_letter_queue_length",
            "Messages that failed for good.",
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
        "celery_worker_soft_shutdowns", "Stops that ran out of time and gave tasks back.", labels=("pool",)
    )
    for pool in environment.pools:
        family.add_metric((pool,), found.get(pool, 0))
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)

"""Gauges of the worker, computed at each scrape from memory, without polling the broker."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from celery import __version__ as celery_version
from celery.signals import worker_ready, worker_shutting_down
from celery.worker import state
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from celery_platform.settings import PoolSettings, Resolved


@dataclass(frozen=True)
class Processes:
    """How many processes of a turbo pool are ready, and how many run a task. Only their supervisor knows of all."""

    ready: int = 0
    active: int = 0


@dataclass(eq=False)
class WorkerState:
    """A collector of gauges. `controller` is set when the worker is ready, `shutdown` when it begins to stop.

    `processes` is set by the supervisor of a turbo pool, in whose process Celery has no state and no controller.
    """

    environment: Resolved
    pool: PoolSettings
    hostname: str
    controller: Any = None
    processes: Processes | None = None
    shutdown: str = ""
    started_at: float = field(default_factory=time.time)

    def connect(self) -> None:
        """Follow the worker's state through Celery's signals."""
        worker_ready.connect(self._ready, weak=False)
        worker_shutting_down.connect(self._stopping, weak=False)

    def collect(self) -> Iterator[Metric]:
        """The current values of all gauges."""
        active, concurrency = self._active(), self._concurrency()
        gauges: dict[str, tuple[str, float | None]] = {
            "celery_worker_up": (
                "Whether the worker is ready to consume messages (1) or not (0).",
                float(self._up()),
            ),
            "celery_worker_tasks_active": ("Number of attempts that are running.", active),
            "celery_worker_tasks_reserved": (
                "Number of messages that the worker has received and not finished.",
                len(state.reserved_requests) if self.processes is None else None,
            ),
            "celery_worker_concurrency": ("Number of attempts that can run at the same time.", concurrency),
            "celery_worker_pool_utilization_ratio": (
                "Share of the worker's slots in use, from 0 to 1.",
                active / max(1, concurrency),
            ),
            "celery_worker_prefetch_count": (
                "Number of unacknowledged messages that the broker may deliver to the worker.",
                self._prefetch(),
            ),
            "celery_worker_start_time_seconds": ("Start time of the worker, in seconds since 1970.", self.started_at),
            "celery_worker_heartbeat_age_seconds": (
                "Time since the last heartbeat of the worker's event loop, in seconds.",
                _heartbeat_age(),
            ),
        }
        for name, (text, value) in gauges.items():
            if value is not None:
                yield _gauge(name, text, {"hostname": self.hostname}, value)
        yield self._shutdowns()
        yield from self._consumers(concurrency, max(0, concurrency - active))
        labels = {"hostname": self.hostname, "pool": self.pool.name, "type": self.pool.type, "celery": celery_version}
        yield _gauge(
            "celery_worker_info",
            "The worker's pool, its type and the Celery version as labels; the value is always 1.",
            labels,
            1,
        )

    def _shutdowns(self) -> Metric:
        family = GaugeMetricFamily(
            "celery_worker_shutting_down",
            "Whether the worker is in this kind of shutdown (1) or not (0).",
            labels=("hostname", "how"),
        )
        for how in ("warm", "soft", "cold"):
            family.add_metric((self.hostname, how), float(self.shutdown == how))
        return family

    def _consumers(self, concurrency: int, free: int) -> Iterator[Metric]:
        """The worker's part in each queue. Summed over workers, the first three equal celery-exporter's metrics."""
        shares = {
            "celery_active_worker_count": ("Number of workers that drain the queue.", 1),
            "celery_active_process_count": ("Number of slots that can run tasks of the queue.", concurrency),
            "celery_active_consumer_count": ("Number of consumers of the queue.", 1),
            "celery_queue_free_slots": ("Number of free slots that can run tasks of the queue.", free),
        }
        for name, (text, value) in shares.items():
            family = GaugeMetricFamily(name, text, labels=("queue_name", "hostname"))
            for label in self.pool.queues:
                active = value if self._up() else 0
                family.add_metric((self.environment.queues[label].name, self.hostname), active)
            yield family

    def _up(self) -> bool:
        return self.controller is not None if self.processes is None else self.processes.ready > 0

    def _active(self) -> int:
        return len(state.active_requests) if self.processes is None else self.processes.active

    def _concurrency(self) -> int:
        pool = getattr(self.controller, "pool", None)
        return int(getattr(pool, "num_processes", None) or self.pool.concurrency)

    def _prefetch(self) -> float | None:
        qos = getattr(getattr(self.controller, "consumer", None), "qos", None)
        return float(qos.value) if qos is not None else None

    def _ready(self, sender: Any = None, **_: Any) -> None:
        self.controller = sender.controller

    def _stopping(self, how: str = "", **_: Any) -> None:
        soft = self.controller is not None and self.controller.app.conf.worker_soft_shutdown_timeout
        self.shutdown = "soft" if how == "Cold" and soft else how.lower()


def _gauge(name: str, text: str, labels: dict[str, str], value: float) -> Metric:
    family = GaugeMetricFamily(name, text, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), value)
    return family


def _heartbeat_age() -> float | None:
    """Seconds since the heartbeat file was touched; `None` if there is none."""
    try:
        return max(0.0, time.time() - Path(os.environ["CELERY_HEARTBEAT_FILE"]).stat().st_mtime)
    except (KeyError, OSError):
        return None

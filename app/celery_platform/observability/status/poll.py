"""Poll an environment: the broker, the workers on hosts and, if there is one, Prometheus."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from celery_platform.errors import SettingsError
from celery_platform.observability.exporter.outbox import read_outbox
from celery_platform.observability.exporter.paused import read_paused
from celery_platform.observability.exporter.reading import Reading, Source
from celery_platform.observability.status.outbox import outbox_problems
from celery_platform.observability.status.prometheus import Told, ask_prometheus
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot
from celery_platform.observability.status.workers import WorkersSeen, ask_workers, quantile, together
from celery_platform.reliability.paused_queues import Pause
from celery_platform.settings import PoolSettings, Runtime


@dataclass
class Poller:
    """Polls an environment repeatedly, and computes trends from the changes since the previous poll.

    Example: `Poller(runtime(), source_of, workers={"io": ["10.0.0.1:9540"]}).poll().queues["email"].waiting`
    """

    runtime: Runtime
    source_of: Callable[[Runtime], Source]
    workers: dict[str, list[str]]
    prometheus: str = ""
    source: Source | None = None
    before: tuple[float, Reading | None, dict[str, WorkersSeen]] | None = None
    problems: list[str] = field(default_factory=list)
    paused: dict[str, Pause] = field(default_factory=dict)

    def poll(self) -> Snapshot:
        """Poll once. What does not answer is listed in `problems`; the rest is in the snapshot."""
        self.problems = []
        environment = self.runtime.environment
        at, reading = time.time(), self._broker()
        seen = {pool: ask_workers(addresses) for pool, addresses in self.workers.items()}
        self.paused = self._paused()
        self._outbox()
        told = self._prometheus()
        snapshot = Snapshot(
            environment=environment.name,
            broker=environment.broker_kind,
            at=at,
            broker_up=reading is not None,
            queues={label: self._queue(label, at, reading, seen, told) for label in environment.queues},
            pools={name: self._pool(pool, seen.get(name)) for name, pool in environment.pools.items()},
            alerts=told.alerts if told else None,
            problems=self.problems,
        )
        self.before = (at, reading, seen)
        return snapshot

    def _broker(self) -> Reading | None:
        try:
            self.source = self.source or self.source_of(self.runtime)
            return self.source.read()
        except Exception as error:
            self.problems.append(f"the broker cannot be polled: {error}")
            return None

    def _paused(self) -> dict[str, Pause]:
        """The paused queues; those of the last answer while the store is away."""
        try:
            return read_paused(self.runtime.results_url, self.runtime.environment)
        except (OSError, SettingsError) as error:
            self.problems.append(f"the store cannot be asked which queues are paused: {error}")
            return self.paused

    def _outbox(self) -> None:
        environment = self.runtime.environment
        if not environment.has_relay:
            return
        try:
            report = read_outbox(self.runtime.results_url, environment.prefix)
        except (OSError, SettingsError) as error:
            self.problems.append(f"the store cannot be asked about the outbox: {error}")
        else:
            self.problems += outbox_problems(report, time.time())

    def _queue(
        self, label: str, at: float, reading: Reading | None, seen: dict[str, WorkersSeen], told: Told | None
    ) -> QueueState:
        queue = self.runtime.environment.queues[label]
        found = reading.queues.get(queue.name) if reading else None
        dead = reading.queues.get(queue.dead_letter_name) if reading else None
        pools = [name for name, pool in self.runtime.environment.pools.items() if label in pool.queues]
        workers = together(seen[pool] for pool in pools if pool in seen)
        then, reading_then, seen_then = self.before or (at, None, {})
        earlier = reading_then.queues.get(queue.name) if reading_then else None
        seconds = at - then
        workers_then = together(seen_then[pool] for pool in pools if pool in seen_then) or WorkersSeen()
        begun = workers.started[queue.name] - workers_then.started[queue.name] if workers and seconds else None
        return QueueState(
            waiting=found.ready if found else 0 if reading else None,
            held=found.unacked if found else 0 if reading else None,
            oldest_seconds=found.oldest_seconds if found else None,
            dead_letters=dead.backlog if dead else 0 if reading else None,
            workers=int(workers.consumers[queue.name]) if workers else None,
            trend=(found.backlog - earlier.backlog) / seconds * 60 if found and earlier and seconds else None,
            wait_p95=quantile(0.95, workers.waits[queue.name], workers_then.waits[queue.name]) if workers else None,
            begun_per_second=max(0.0, begun / seconds) if begun is not None else None,
            paused=self.paused[label].since if label in self.paused else None,
            burn_rates=told.burn_rates.get(queue.name, {}) if told else {},
        )

    def _pool(self, pool: PoolSettings, seen: WorkersSeen | None) -> PoolState:
        expected = len(self.workers.get(pool.name, ()))
        if seen is None:
            return PoolState(pool.type, "eks", expected)
        gauges = seen.gauges
        return PoolState(
            type=pool.type,
            runs_on="hosts",
            expected=expected,
            workers=seen.answered,
            slots=int(sum(gauges["celery_worker_concurrency"])),
            active=int(sum(gauges["celery_worker_tasks_active"])),
            heartbeat_age=max(gauges["celery_worker_heartbeat_age_seconds"], default=None),
            started_at=max(gauges["celery_worker_start_time_seconds"], default=None),
        )

    def _prometheus(self) -> Told | None:
        if not self.prometheus:
            return None
        try:
            return ask_prometheus(self.prometheus, self.runtime.environment.alerts["queue_wait_objective"])
        except (OSError, ValueError, KeyError) as error:
            self.problems.append(f"Prometheus does not answer at {self.prometheus}: {error}")
            return None

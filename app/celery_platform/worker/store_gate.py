"""A worker takes no messages while the store takes no results: their tasks would run, and run again for their results.

A task whose result is not stored is not acknowledged, so each delivery of it is spent for nothing: 37 of 40 tasks were
seen dead-lettered after an outage of three minutes. A task that claims a key or waits for a limit goes back to its
queue each time. So the store is asked every few seconds. While it does not answer, a connected worker holds its polls,
or cancels its consumers on RabbitMQ, and goes on with what it has; one that connects waits before it does.

The same question brings which queues people have paused and which tasks they have cancelled, and leaves what the worker
does now (`report.py`). While the store does not answer, what it said last holds.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer.tasks import Tasks
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from celery_platform.observability.worker_reports import WorkerReport, add_to
from celery_platform.reliability.cancelling import cancelled_key
from celery_platform.reliability.paused_queues import names_of, paused_key
from celery_platform.reliability.redis_answers import name_of
from celery_platform.reliability.signals import broker_refused
from celery_platform.reliability.store_away import AWAY_SECONDS, COMPARED_SECONDS
from celery_platform.settings import runtime
from celery_platform.transports.ending import Ending
from celery_platform.transports.intake import Intake
from celery_platform.transports.loop_turns import each_turn_without_hub
from celery_platform.transports.paused import PausedQueues
from celery_platform.worker.cancelled import Cancelled
from celery_platform.worker.heartbeat_file import CONNECTING, VARIABLE, HeartbeatFile
from celery_platform.worker.report import report

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
ANSWER_SECONDS = 2
# Longest time between two heartbeats of a worker that waits.
WAITING_SECONDS = 30


class Store:
    """Whether the store takes results, what is paused and what is cancelled, as a thread of its own finds out.

    Example: `Store(runtime().results_url, "celery-prod").away`
    """

    def __init__(self, url: str, prefix: str, report: Callable[[frozenset[str]], WorkerReport] | None = None) -> None:
        self._client = Redis.from_url(
            url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._prefix, self._report = prefix, report
        # The labels of paused queues and the ids of cancelled tasks, as the store said last.
        self.paused: frozenset[str] = frozenset()
        self.cancelled: frozenset[str] = frozenset()
        # Before its first answer it is away: nobody knows yet what is paused.
        self._answered_at = float("-inf")
        self._watched = False

    @property
    def away(self) -> bool:
        """Whether it has taken nothing for `AWAY_SECONDS`, or nothing yet."""
        return time.monotonic() - self._answered_at > AWAY_SECONDS

    def watch(self) -> None:
        """Poll it every few seconds from now on."""
        if not self._watched:
            self._watched = True
            threading.Thread(target=self._poll_on, name="store-gate", daemon=True).start()

    def poll(self) -> None:
        """Write a key: a replica, and a server that is full, answer a ping but take no result."""
        try:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.set(f"{self._prefix}:store-gate", 1, ex=60)
                pipe.hkeys(paused_key(self._prefix))
                pipe.zrange(cancelled_key(self._prefix), 0, -1)
                self._add_report(pipe)
                _, paused, cancelled, *_ = pipe.execute()
        except (RedisError, OSError) as error:
            broker_refused.send(sender=None, operation="the store", answer=name_of(error))
        else:
            self._answered_at = time.monotonic()
            self.paused = frozenset(label.decode() for label in paused)
            self.cancelled = frozenset(task_id.decode() for task_id in cancelled)

    def _add_report(self, pipe: Any) -> None:
        """Add what this worker says about itself. It is read from what belongs to Celery; an error there is no gap."""
        if self._report is None:
            return
        try:
            said = self._report(self.paused)
        except Exception:
            logger.debug("cannot say what this worker does", exc_info=True)
        else:
            add_to(pipe, self._prefix, said)

    def _poll_on(self) -> None:
        while True:
            self.poll()
            time.sleep(POLL_SECONDS)


class StoreGate(bootsteps.StartStopStep):
    """Holds a worker's consumers while the store is away, and those of paused queues; a step of the consumer."""

    requires = (Tasks,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.store = Store(runtime().results_url, runtime().environment.prefix, partial(report, consumer))
        # While no messages are taken.
        self._intake: Intake | None = None
        self._paused: PausedQueues | None = None
        self._cancelled = Cancelled(consumer)
        self._said: frozenset[str] = frozenset()
        self._gate_connecting(consumer)
        each_turn_without_hub(consumer, partial(self.apply, consumer))

    def start(self, consumer: Any) -> None:
        """With each connection, before it consumes: a worker that starts takes nothing from a paused queue."""
        self._paused = PausedQueues(consumer.task_consumer)
        self._pause()
        self._cancelled.apply(self.store.cancelled)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """Compare the store's state with the consumers', from the loop."""
        self._intake = None  # the connection is new, and so are its consumers
        hub.timer.call_repeatedly(COMPARED_SECONDS, self.apply, (consumer,))

    def _gate_connecting(self, consumer: Any) -> None:
        ensure_connected = consumer.ensure_connected

        def gated(connection: Any) -> Any:
            self.store.watch()
            self._wait()
            self._intake = None
            return ensure_connected(connection)

        consumer.ensure_connected = gated

    def _wait(self) -> None:
        """Wait until the store takes results, with heartbeats meanwhile; a stop ends it."""
        self.store.poll()
        if not self.store.away:
            return
        logger.error("the result store is away: no connection to the broker before it is back")
        file = HeartbeatFile(os.environ[VARIABLE]) if VARIABLE in os.environ else None
        while self.store.away:
            state.maybe_shutdown()
            if file is not None:
                file.write(CONNECTING, WAITING_SECONDS)
            time.sleep(0.5)
        logger.warning("the result store is back")

    def apply(self, consumer: Any) -> None:
        """Hold what the worker consumes, or let it go on; and let cancelled tasks not run."""
        self._cancelled.apply(self.store.cancelled)
        tasks = consumer.task_consumer
        if tasks is None or Ending.due is not None:
            return
        if self.store.away:
            if self._intake is None:
                logger.warning("the result store is away: no messages are taken")
                self._intake = Intake(tasks)
            self._intake.closed()
        elif self._intake is not None:
            logger.warning("the result store is back")
            self._intake.open_again()
            self._intake = None
        else:
            self._pause()

    def _pause(self) -> None:
        """Take nothing from the queues that are paused now, and again from the others."""
        if self._paused is None:
            return
        labels = self.store.paused
        if labels != self._said:
            logger.warning("paused queues: %s", ", ".join(sorted(labels)) or "none any more")
            self._said = labels
        self._paused.apply(names_of(runtime().environment, labels))

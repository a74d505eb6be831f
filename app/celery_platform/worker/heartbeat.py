"""Write the worker's heartbeat file from its event loop, for each kind of loop that pools have.

A broker outage does not stop the heartbeat, because each attempt to connect sends one. A stuck loop does, and so does a
loop that runs but no longer polls its queues.
"""

import logging
import os
from time import monotonic
from typing import Any

from celery import bootsteps, signals
from celery.concurrency.solo import TaskPool as SoloPool

from celery_platform.guards.polled import Polled
from celery_platform.settlement.audit import Audit
from celery_platform.transports.loop_turns import each_turn_without_hub
from celery_platform.transports.slots import CanBeStuck
from celery_platform.worker.heartbeat_file import (
    CONNECTING,
    HEARTBEAT_SECONDS,
    READY,
    STOPPING,
    VARIABLE,
    HeartbeatFile,
)
from celery_platform.worker.stop import stop_timeout

# The longest pause between two attempts to connect, and between the connection and the loop: declaring the topology of
# native delayed delivery takes 45 s while a node of the cluster is down.
CONNECTING_SECONDS = 60
# For a task in the solo pool that has no time limit.
UNLIMITED_SECONDS = 24 * 3600
# What is held is compared with what is settled so often; the loop of a green pool turns for each message.
AUDIT_SECONDS = 2.5

logger = logging.getLogger(__name__)


class Heartbeat(bootsteps.StartStopStep):
    """A step of the consumer that sends heartbeats from its loop. It is restarted with each connection."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.enabled = VARIABLE in os.environ
        if not self.enabled:
            return
        self.file = HeartbeatFile(os.environ[VARIABLE])
        self.consumer = consumer
        self._unpolled = False
        self._said_stuck = False
        self._audit = Audit(consumer)
        self._audit_at = 0.0
        self._watch_connecting(consumer)
        each_turn_without_hub(consumer, self._beat_of_loop)
        if consumer.pool.is_green:
            self._watch_full_pool(consumer.pool)
        if isinstance(consumer.pool, SoloPool):
            signals.task_prerun.connect(self._task_begins, weak=False)
            signals.task_postrun.connect(self._task_ends, weak=False)
        signals.worker_shutting_down.connect(self._stopping, weak=False)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Send heartbeats from the hub's timer. Celery cancels the timers on connection loss and calls this again."""
        hub.timer.call_after(0, self._beat)
        hub.timer.call_repeatedly(HEARTBEAT_SECONDS, self._beat_of_loop)

    def _watch_connecting(self, consumer: Any) -> None:
        """Send heartbeats while connecting, which blocks the loop: kombu calls back once a second between attempts."""
        ensure_connected = consumer.ensure_connected

        def with_heartbeat(connection: Any) -> Any:
            ensure_connection = connection.ensure_connection

            def ensure(errback: Any, max_retries: Any, callback: Any) -> Any:
                def called_back() -> None:
                    self._beat(CONNECTING, CONNECTING_SECONDS)
                    callback()

                return ensure_connection(errback, max_retries, callback=called_back)

            connection.ensure_connection = ensure
            self._beat(CONNECTING, CONNECTING_SECONDS)
            connected = ensure_connected(connection)
            self._beat(CONNECTING, CONNECTING_SECONDS)
            return connected

        consumer.ensure_connected = with_heartbeat

    def _watch_full_pool(self, pool: Any) -> None:
        """Send heartbeats while a message waits for a greenlet: a green pool that is full blocks the loop."""
        apply = pool.on_apply

        def on_apply(*args: Any, **options: Any) -> Any:
            greenlets = pool._pool
            while greenlets.full():
                self._compare()
                if not self._audit.failed:
                    self._write(READY)
                greenlets.wait_available(HEARTBEAT_SECONDS)
            return apply(*args, **options)

        pool.on_apply = on_apply

    def _task_begins(self, task: Any, **_: Any) -> None:
        limit = task.request.timelimit[0] or task.time_limit or task.app.conf.task_time_limit
        self._beat(self.file.state, limit or UNLIMITED_SECONDS)

    def _task_ends(self, **_: Any) -> None:
        self._beat(self.file.state)

    def _stopping(self, **_: Any) -> None:
        self._beat(STOPPING, stop_timeout())

    def _beat_of_loop(self) -> None:
        self._compare()
        self._beat()

    def _compare(self) -> None:
        if self.file.state != STOPPING and monotonic() >= self._audit_at:
            self._audit_at = monotonic() + AUDIT_SECONDS
            try:
                self._audit.compare()
            except Exception:  # it reads what belongs to Celery and its pools; its own failure is no worker's
                logger.exception("cannot compare what is held with what is settled")

    def _beat(self, state: str = READY, away: float = 0) -> None:
        if state == READY and (self._audit.failed or self._stuck() or self._stopped_polling()):
            return
        self._write(state, away)

    def _write(self, state: str, away: float = 0) -> None:
        if self.file.state == STOPPING:
            return  # keep the time that was announced for the stop
        try:
            self.file.write(state, away)
        except OSError:
            logger.exception("cannot write the heartbeat file")

    def _stuck(self) -> bool:
        """Whether a task keeps all others from running; whoever reads the heartbeat restarts the worker."""
        pool = self.consumer.pool
        stuck = isinstance(pool, CanBeStuck) and pool.stuck()
        if stuck and not self._said_stuck:
            logger.error("one task keeps all others from running: the heartbeat stops, so that it is started again")
        self._said_stuck = stuck
        return stuck

    def _stopped_polling(self) -> bool:
        """Whether the worker consumes queues that it no longer polls; whoever reads the heartbeat restarts it."""
        channel = getattr(self.consumer.task_consumer, "channel", None)
        silent = channel.unpolled() if isinstance(channel, Polled) else {}
        if silent and not self._unpolled:
            said = ", ".join(f"{queue} for {seconds:.0f} s" for queue, seconds in silent.items())
            logger.error("no poll of %s: the heartbeat stops, so that this worker is started again", said)
        self._unpolled = bool(silent)
        return self._unpolled

"""The worker's event loop writes its heartbeat file, in whichever way the loop of its pool runs.

A broker outage does not stop the beat: each attempt to connect is a tick. A wedged loop does, and so does a loop that
runs but no longer asks for messages.
"""

import logging
import os
from typing import Any

from celery import bootsteps, signals
from celery.concurrency.solo import TaskPool as SoloPool

from celery_platform.guards.polled import Polled
from celery_platform.worker.heartbeat_file import CONNECTING, READY, STOPPING, TICK_SECONDS, VARIABLE, HeartbeatFile
from celery_platform.worker.stop import stop_timeout

# Longest silence between two attempts, and of the steps between a connection and the loop: declaring what native
# delayed delivery needs takes 45 s while a node of the cluster is away.
CONNECTING_SECONDS = 60
# For a task in the solo pool that has no time limit.
UNLIMITED_SECONDS = 24 * 3600

logger = logging.getLogger(__name__)


class Heartbeat(bootsteps.StartStopStep):
    """Ticks from the consumer's loop; a step of the consumer, which is started anew with each connection."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.enabled = VARIABLE in os.environ
        if not self.enabled:
            return
        self.file = HeartbeatFile(os.environ[VARIABLE])
        self.consumer = consumer
        self._deaf = False
        self._watch_connecting(consumer)
        self._watch_loop_without_hub(consumer)
        if isinstance(consumer.pool, SoloPool):
            signals.task_prerun.connect(self._task_begins, weak=False)
            signals.task_postrun.connect(self._task_ends, weak=False)
        signals.worker_shutting_down.connect(self._stopping, weak=False)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:  # noqa: ARG002 - Celery's signature
        """Tick from the hub's timer; Celery cancels these when the connection is lost and asks again after it."""
        hub.timer.call_after(0, self._tick)
        hub.timer.call_repeatedly(TICK_SECONDS, self._tick)

    def _watch_connecting(self, consumer: Any) -> None:
        """Connecting blocks the loop; kombu calls back once a second between its attempts."""
        ensure_connected = consumer.ensure_connected

        def ticking(connection: Any) -> Any:
            ensure_connection = connection.ensure_connection

            def ensure(errback: Any, max_retries: Any, callback: Any) -> Any:
                def called_back() -> None:
                    self._tick(CONNECTING, CONNECTING_SECONDS)
                    callback()

                return ensure_connection(errback, max_retries, callback=called_back)

            connection.ensure_connection = ensure
            self._tick(CONNECTING, CONNECTING_SECONDS)
            connected = ensure_connected(connection)
            self._tick(CONNECTING, CONNECTING_SECONDS)
            return connected

        consumer.ensure_connected = ticking

    def _watch_loop_without_hub(self, consumer: Any) -> None:
        """The loop of the green pools runs this at each turn, every two seconds at least."""
        perform_pending_operations = consumer.perform_pending_operations

        def ticking() -> None:
            if not consumer.hub:
                self._tick()
            perform_pending_operations()

        consumer.perform_pending_operations = ticking

    def _task_begins(self, task: Any, **_: Any) -> None:
        limit = task.request.timelimit[0] or task.time_limit or task.app.conf.task_time_limit
        self._tick(self.file.state, limit or UNLIMITED_SECONDS)

    def _task_ends(self, **_: Any) -> None:
        self._tick(self.file.state)

    def _stopping(self, **_: Any) -> None:
        self._tick(STOPPING, stop_timeout())

    def _tick(self, state: str = READY, away: float = 0) -> None:
        if self.file.state == STOPPING:
            return  # the time it announced for its stop stands
        if state == READY and self._is_deaf():
            return
        try:
            self.file.tick(state, away)
        except OSError:
            logger.exception("the heartbeat file cannot be written")

    def _is_deaf(self) -> bool:
        """Whether the worker consumes queues that it no longer asks; whoever reads the heartbeat starts it again."""
        channel = getattr(self.consumer.task_consumer, "channel", None)
        silent = channel.deaf() if isinstance(channel, Polled) else {}
        if silent and not self._deaf:
            said = ", ".join(f"{queue} for {seconds:.0f} s" for queue, seconds in silent.items())
            logger.error("no poll of %s: the heartbeat stops, so that this worker is started again", said)
        self._deaf = bool(silent)
        return self._deaf

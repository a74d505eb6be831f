"""Keeps a turbo process's connection alive while a task holds its event loop."""

import logging
import threading
from time import monotonic
from typing import Any

from celery import bootsteps
from celery.worker.consumer.connection import Connection as ConnectionStep

from celery_platform.transports.worker_connection import WorkerConnection
from celery_platform.turbo.results.deferring import DefersResults
from celery_platform.turbo.worker.pool import TaskPool
from celery_platform.turbo.worker.unstored import Unstored

logger = logging.getLogger(__name__)
# The longest, in seconds, that a task's acknowledgement waits while the next task runs.
INTERVAL_SECONDS = 1.0


class Keepalive(bootsteps.StartStopStep):
    """A thread that acts only while a task runs.

    Without it the broker closes the connection of a task that is longer than two heartbeats, and delivers it again.
    """

    requires = (ConnectionStep,)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._ended = threading.Event()

    def start(self, consumer: Any) -> None:
        """Start the thread, on the connection that was just made."""
        connection = consumer.connection.connection
        self._ended = threading.Event()
        if isinstance(connection, WorkerConnection) and isinstance(consumer.pool, TaskPool):
            self._store_results_first(connection, consumer.pool, consumer.app.backend)
            arguments = (connection, consumer.pool.connection_lock, self._ended)
            threading.Thread(target=_keep, args=arguments, name="keepalive", daemon=True).start()

    @staticmethod
    def _store_results_first(connection: WorkerConnection, pool: TaskPool, backend: Any) -> None:
        if not isinstance(backend, DefersResults):
            return
        backend.may_defer = True
        if pool.unstored is None:
            pool.unstored = Unstored(backend, keeps_acks=connection.keeps_acks)
        else:
            pool.unstored.connection_lost()
        connection.before_acks = pool.unstored.store

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """Let the supervisor see that the loop turns, each second; an idle loop notices a stop as soon."""
        if isinstance(consumer.pool, TaskPool):
            hub.call_repeatedly(INTERVAL_SECONDS, consumer.pool.slot.turned)

    def stop(self, _consumer: Any) -> None:
        """End the thread: the connection is about to be closed, or lost."""
        self._ended.set()


def _keep(connection: WorkerConnection, lock: threading.Lock, ended: threading.Event) -> None:
    beaten = monotonic()
    while not ended.wait(INTERVAL_SECONDS) and connection.connected:
        if not lock.acquire(blocking=False):
            continue  # no task runs: the loop does all this itself
        try:
            connection.flush_acknowledgements()
            if connection.heartbeat_seconds and monotonic() - beaten > connection.heartbeat_seconds / 2:
                connection.send_heartbeat()
                beaten = monotonic()
        except connection.connection_errors as error:
            logger.warning("the connection was lost while a task ran: %r", error)
            connection.break_off()  # the loop, after its task, makes another
            return
        finally:
            lock.release()

"""A worker that ends as planned takes nothing more and runs what it holds, because what it gives back is counted.

RabbitMQ's quorum queues, SQS and `brokers/poison.py` count each return of a message as a delivery, also of one that
never began, and dead-letter it when there were too many. Celery's warm shutdown returns all that has not begun.

So on SIGTERM and on `RECYCLE_SIGNAL` the consumers are cancelled, the event loop goes on until nothing is held, and
only then Celery's warm shutdown begins. A stop has a time limit: what has not begun after `Drain.stop_seconds` is
returned, so that what runs may finish before the worker is killed. Recycling a process of a turbo pool has none.

A poll that SQS has not answered yet is waited for beyond that: what it brings after this process has closed its
connection is invisible to every worker until its visibility timeout.
"""

import logging
import os
import signal
from functools import partial
from typing import Any, ClassVar

from celery import bootsteps
from celery.platforms import EX_OK
from celery.worker import state
from celery.worker.consumer.connection import Connection

from celery_platform.transports.begin_in_time import begin_in_time
from celery_platform.transports.ending import Ending
from celery_platform.transports.intake import Intake
from celery_platform.transports.loop_turns import each_turn_without_hub
from celery_platform.transports.rate_limited import begin_none_in_rate_limits, in_rate_limits

logger = logging.getLogger(__name__)

# Sent by the supervisor of a turbo pool, twice when the process has no more time. Celery gives SIGUSR1 and SIGUSR2
# meanings of its own.
RECYCLE_SIGNAL = signal.SIGRTMIN + 5
# How soon an idle loop notices the request, and how often it then compares what is still held.
NOTICED_SECONDS, COMPARED_SECONDS = 0.5, 0.05


def on_recycle(*_: Any) -> None:
    """End when nothing is held any more; at the second `RECYCLE_SIGNAL`, now."""
    Ending.ask(float("inf") if Ending.due is None else 0.0)


class Drain(bootsteps.StartStopStep):
    """A step of the consumer that ends the worker when it was asked to and holds nothing more."""

    requires = (Connection,)
    # For how long after SIGTERM a message that is held may begin; `None`: Celery's own handler alone acts.
    stop_seconds: ClassVar[float | None] = None

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.process = os.getpid()
        self._intake: Intake | None = None
        self._stock: Any = None
        # Whether there is a loop that will notice a request; not so while the broker is away.
        self._connected = False
        each_turn_without_hub(consumer, partial(self.turn, consumer))

    def start(self, consumer: Any) -> None:
        """Handle the signals from the first connection on. A later connection, after the request, ends the worker."""
        if self._stock is None:
            self._stock = signal.getsignal(signal.SIGTERM)
            signal.signal(signal.SIGTERM, self._on_term)
            signal.signal(RECYCLE_SIGNAL, on_recycle)
            begin_in_time(consumer.pool)
        self._intake = None
        self._connected = True
        if Ending.due is not None:  # what was held went back with the connection
            _begin_warm_shutdown()
        state.maybe_shutdown()

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature
        """The connection is lost: what was held goes back with it, and a worker that was asked to end does so."""
        self._connected = False
        if Ending.due is not None:
            _begin_warm_shutdown()

    def _on_term(self, *args: Any) -> None:
        before = state.should_stop
        self._stock(*args)
        if os.getpid() == self.process and self.stop_seconds is not None and self._connected:
            Ending.ask(self.stop_seconds)
            stops: Any = state
            stops.should_stop = before

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """Notice a request from the hub's timer. Celery cancels timers on connection loss and calls this again."""
        hub.timer.call_repeatedly(NOTICED_SECONDS, self._notice, (consumer, hub))

    def _notice(self, consumer: Any, hub: Any) -> None:
        if Ending.due is not None and self._intake is None:
            hub.timer.call_repeatedly(COMPARED_SECONDS, self.turn, (consumer,))
            self.turn(consumer)

    def turn(self, consumer: Any) -> None:
        """Take nothing more once an end was asked for, and begin Celery's warm shutdown when nothing is held."""
        if Ending.due is None or consumer.task_consumer is None or state.should_stop is not None:
            return
        if self._intake is None:
            logger.info("asked to end: no more messages are taken, and those that are held run")
            self._intake = Intake(consumer.task_consumer)
        over = Ending.over()
        if over:
            _begin_nothing_more(consumer)
        waits = state.reserved_requests or any(in_rate_limits(consumer))
        if self._intake.closed(at_once=over) and (over or not waits):
            _begin_warm_shutdown()


def _begin_nothing_more(consumer: Any) -> None:
    """Leave what waits for a rate limit or a process where it is, until it goes back with the connection."""
    begin_none_in_rate_limits(consumer)
    if consumer.controller.semaphore is not None:
        consumer.controller.semaphore.clear()  # as Celery's `on_close`


def _begin_warm_shutdown() -> None:
    stops: Any = state  # typed by its first value, which is None
    stops.should_stop = EX_OK

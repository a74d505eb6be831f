"""The transport of a gevent pool, where no event loop of Celery's turns: gevent's own flushes acknowledgements.

Celery reads one event at a time there, with three system calls and as many switches to gevent's loop, and writes each
acknowledgement by itself. Here all that has arrived is read at once, and all that tasks finished in one turn of
gevent's loop is acknowledged with one write, in that turn: nothing waits for the next message.
"""

import logging
from time import monotonic
from typing import Any

import gevent  # type: ignore[import-untyped]
from celery.worker import state
from kombu.transport import pyamqp

from celery_platform.transports.amqp.channel import AckingChannel
from celery_platform.transports.amqp.connection import BufferedConnection
from celery_platform.transports.turn import TURN_SECONDS

logger = logging.getLogger(__name__)


class Channel(AckingChannel):
    """A channel whose acknowledgements are sent in the same turn of gevent's loop."""

    def basic_ack(self, delivery_tag: int, multiple: bool = False, argsig: str = "Lb") -> None:
        """Have a delivery acknowledged in this turn of gevent's loop."""
        super().basic_ack(delivery_tag, multiple=multiple, argsig=argsig)
        if self.connection is not None:
            self.connection.flush_soon()


class Connection(BufferedConnection):
    """A connection whose acknowledgements are sent by a greenlet, once in each turn of gevent's loop."""

    Channel = Channel
    batches_acks = True
    _flushing = False

    def flush_soon(self) -> None:
        """Have pending acknowledgements sent after the greenlets that are ready now have run."""
        if not self._flushing:
            self._flushing = True
            gevent.spawn(self._flush)

    def _flush(self) -> None:
        try:
            # A write may wait, and others finish meanwhile.
            while self.connected and any(
                len(channel.acks) and not channel.withheld for channel in self.open_channels()
            ):
                self.flush_acknowledgements()
        except self.connection_errors as error:
            logger.warning("acknowledgements could not be sent, their messages come again: %r", error)
        finally:
            self._flushing = False


def _stopping() -> bool:
    return state.should_stop is not None or state.should_terminate is not None


class Transport(pyamqp.Transport):
    """Reads all that has arrived for the loop that waits for messages; for a call that waits for an answer, one frame.

    A delivery right behind the answer to `basic.consume` is for a consumer that is not known yet.
    """

    Connection: Any = Connection

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Handle the next frame, and for a bounded time what arrived with it.

        It returns after a heartbeat too. Celery's loop waits for two seconds, which heartbeats would otherwise prolong
        without end, and an idle worker would not notice that it has to stop.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        connection.blocking_read(timeout)
        until = monotonic() + TURN_SECONDS
        while connection.connected and not _stopping() and monotonic() < until:
            frame = connection.transport.next_frame()
            if frame is None:
                return
            connection.on_inbound_frame(frame)


class SecureTransport(Transport, pyamqp.SSLTransport):
    """For `amqps://`."""

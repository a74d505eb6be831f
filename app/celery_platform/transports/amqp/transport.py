"""kombu's AMQP transport for a worker whose tasks run in the event loop.

At each turn of the loop one read takes what has arrived, its messages are handled for a bounded time, and what is
done is acknowledged with one write.
"""

from time import monotonic
from typing import Any

from amqp.exceptions import RecoverableConnectionError
from celery.worker import state
from kombu.transport import pyamqp

from celery_platform.transports.amqp.connection import BufferedConnection
from celery_platform.transports.turn import ACKS_PER_WRITE, TURN_SECONDS, Turn

FLUSH_SECONDS = 1.0


class Transport(pyamqp.Transport):
    """Over TCP, or over TLS when the connection's `ssl` says so."""

    Connection: Any = BufferedConnection

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Let the event loop `loop` read from the connection, and send acknowledgements before each of its waits."""
        connection.transport.raise_on_initial_eintr = True
        _Turn(connection, loop)


class SecureTransport(Transport, pyamqp.SSLTransport):
    """For `amqps://` URLs."""


class _Turn(Turn):
    def __init__(self, connection: BufferedConnection, loop: Any) -> None:
        super().__init__(loop)
        self.connection = connection
        connection.batches_acks = connection.reads_ahead = True
        # Also where the loop does not turn and only its timers run: in the stop of a threads pool.
        loop.call_repeatedly(FLUSH_SECONDS, connection.flush_acknowledgements)
        loop.add_reader(connection.sock, self.on_readable)

    def on_readable(self) -> None:
        """Read what has arrived and handle it.

        Raises:
            RecoverableConnectionError, OSError: the connection is lost; Celery connects again.
        """
        if not self.connection.connected:
            raise RecoverableConnectionError("Socket was disconnected")
        self._handle()

    def on_more(self) -> None:
        """Handle the frames that the last turn left over."""
        if self.connection.connected:
            self._handle()

    def on_tick(self) -> None:
        """Handle frames that arrived with an answer (to a new prefetch count, for example); send acknowledgements."""
        connection = self.connection
        if not connection.connected:
            self.leave()
            return
        if connection.transport.has_input():
            self._handle()
        if connection.connected:
            connection.flush_acknowledgements()

    def _handle(self) -> None:
        connection, transport = self.connection, self.connection.transport
        until = monotonic() + TURN_SECONDS
        connection.read_arrived()
        connection.receive_commands()
        while (frame := transport.next_frame()) is not None:
            if not connection.on_inbound_frame(frame):
                continue
            channel = (connection.channels or {}).get(frame[1])
            if frame[1] and channel is not None and len(channel.acks) >= ACKS_PER_WRITE and not channel.withheld:
                channel.flush_acknowledgements()
            if state.should_stop is not None or state.should_terminate is not None or not connection.connected:
                return
            if monotonic() > until:
                break
        if transport.has_input():
            self.come_back()

"""A connection over the buffered socket transports, whose heartbeats survive a loop that was busy."""

import socket
from contextlib import suppress
from time import monotonic
from typing import Any

from amqp.exceptions import RecoverableConnectionError
from kombu.transport import pyamqp

from celery_platform.transports.amqp.buffered_reads import BufferedTCP, BufferedTLS
from celery_platform.transports.amqp.channel import AckingChannel
from celery_platform.transports.amqp.deliveries import frame_handler
from celery_platform.transports.turn import STALE_SECONDS
from celery_platform.transports.worker_connection import WorkerConnection


class BufferedConnection(pyamqp.Connection, WorkerConnection):
    """py-amqp's connection with the buffered socket transport and the short way for deliveries.

    `Transport` and `frame_handler` are extension points of py-amqp.
    """

    Channel = AckingChannel
    channels: dict[int, Any] | None
    _transport: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(frame_handler=frame_handler, **options)
        self._last_tick = monotonic()
        # Whether `may_begin` reads without waiting; no event loop reads beside it.
        self.reads_ahead = False
        self._read_at = 0.0

    def Transport(  # type: ignore[override] # noqa: N802 - py-amqp's name; it gives more, by keyword
        self,
        host: str,
        connect_timeout: float | None,
        ssl: Any = False,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        **options: Any,
    ) -> Any:
        """The socket transport to `host`, over TLS when `ssl` has settings for it. Time-outs are in seconds."""
        transport = BufferedTLS if ssl else BufferedTCP
        return transport(
            host, connect_timeout=connect_timeout, ssl=ssl, read_timeout=read_timeout, write_timeout=write_timeout,
            **options,
        )  # fmt: skip

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Handle one frame: one that is here, or the next to come within `timeout` seconds (0: do not wait).

        Raises:
            TimeoutError: none came.
        """
        transport = self.transport
        frame = transport.next_frame()
        if frame is None:
            with transport.having_timeout(timeout):
                frame = transport.read_frame()
        return self.on_inbound_frame(frame)

    def heartbeat_tick(self, rate: int = 2) -> None:
        """Send a heartbeat when due; raise when the broker was silent for two.

        The broker's frames are not read while a task holds the loop, so its silence counts from the end of the task.
        """
        now = monotonic()
        if self.heartbeat and now - self._last_tick > self.heartbeat:
            self.last_heartbeat_received = now  # type: ignore[assignment] # the stub says int
        self._last_tick = now
        super().heartbeat_tick(rate=rate)

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds within which the broker expects a heartbeat, as agreed; 0 without."""
        return self.heartbeat or 0.0

    def open_channels(self) -> list[AckingChannel]:
        """The channels that are open now."""
        return [channel for channel in (self.channels or {}).values() if isinstance(channel, AckingChannel)]

    def prepare_acks(self) -> None:
        """Store the results of tasks that are done, before their messages are acknowledged.

        Raises:
            RecoverableConnectionError: they could not be stored. Their messages are not acknowledged, and come again.
        """
        if self.before_acks is None:
            return
        try:
            self.before_acks()
        except Exception as error:
            for channel in self.open_channels():
                channel.acks.give_up()
            raise RecoverableConnectionError(f"results could not be stored: {error!r}") from error

    def read_arrived(self) -> None:
        """Read what has arrived, without waiting.

        Raises:
            OSError: the connection is lost.
        """
        self.transport.fill_now()
        self._read_at = monotonic()

    def receive_commands(self) -> None:
        """Handle the remote control commands that were read, ahead of the tasks read before them.

        One of them may revoke one of these tasks. Commands come on a channel whose consumers do not acknowledge.
        """
        for channel in self.open_channels():
            if channel.no_ack_consumers and channel.no_ack_consumers >= channel.callbacks.keys():
                while (frame := self.transport.next_frame_of(channel.channel_id)) is not None:
                    self.on_inbound_frame(frame)

    def may_begin(self) -> bool:
        """Whether what was delivered is still this worker's: not when the broker is about to close the connection.

        After `STALE_SECONDS` acknowledgements are flushed, and what arrived meanwhile is read.

        Raises:
            OSError, RecoverableConnectionError: the connection is lost.
        """
        if self.reads_ahead and monotonic() - self._read_at >= STALE_SECONDS:
            self.flush_acknowledgements()
            self.read_arrived()
        return not self.transport.closes

    def flush_acknowledgements(self) -> None:
        """Send the pending acknowledgements of every channel that does not withhold them.

        Raises:
            OSError, RecoverableConnectionError: what was not acknowledged is delivered again.
        """
        for channel in self.open_channels():
            if not channel.withheld:
                channel.flush_acknowledgements()

    def break_off(self) -> None:
        """Shut the socket down, which the event loop reads as its end."""
        transport = self._transport  # py-amqp's property of that name would connect again
        if transport is not None and transport.sock is not None:
            with suppress(OSError):  # it is lost already
                transport.sock.shutdown(socket.SHUT_RDWR)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close, after pending acknowledgements were sent: the broker delivers again what is unacknowledged then."""
        if self._transport is not None and self._transport.connected:
            self.flush_acknowledgements()
        return super().close(*args, **kwargs)

"""Sending messages over AMQP with many confirmations outstanding."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from amqp.exceptions import ChannelError
from kombu import Connection
from kombu.common import maybe_declare

from celery_platform.errors import PublishError
from celery_platform.publishing.messages import Messages
from celery_platform.publishing.window import Window
from celery_platform.publishing.wire import frames
from celery_platform.refusals.size import refuse_a_larger_message, refuse_larger_properties
from celery_platform.refusals.typed_values import refuse_values_that_no_worker_reads

BYTES_PER_WRITE = 32_768
BLOCKED = "the broker blocks publishers (an alarm of memory or disk)"


class Stream:
    """Sends every message and reads the broker's confirmations, over as many connections as that takes.

    `outstanding` is how many may be unconfirmed at a time; `patience` is how many seconds may pass without any
    confirmation before what is left is given up.
    """

    def __init__(self, connection: Connection, messages: Messages, outstanding: int, patience: float) -> None:
        self._connection = connection
        self._messages = messages
        self._outstanding = outstanding
        self._patience = patience
        self._pending = deque(range(len(messages.ids)))
        self._index_of: dict[str, int] = {}
        self._blocked = False
        self.confirmed: set[int] = set()
        self.refused: dict[int, str] = {}
        self.repeated: set[int] = set()

    def run(self) -> None:
        """Send until the broker has confirmed or refused each message, or `patience` seconds passed without an answer.

        `confirmed` and `refused` have the outcome then, by the number of the call.
        """
        lost, self._answered_at = "", monotonic()
        connection_errors: Any = (*self._connection.connection_errors, OSError)
        while self._pending:
            try:
                self._connect()
                with self._channel() as (channel, window):
                    self._send_all(channel, window)
                lost = self._why_unconfirmed()
            except ChannelError as error:
                self._give_up(f"the broker closed the channel: {error}")
                return
            except connection_errors as error:
                lost = f"the connection was lost: {error!r}"
                self._connection.collect()
            except BaseException:
                # Nobody shall find this connection in the pool with a channel half used.
                self._connection.collect()
                raise
            if self._pending and monotonic() - self._answered_at > self._patience:
                self._give_up(lost)
                return

    def _connect(self) -> None:
        self._blocked = False
        self._connection.ensure_connection(
            max_retries=2, interval_start=0, interval_step=1, reraise_as_library_errors=False
        )

    def _why_unconfirmed(self) -> str:
        return BLOCKED if self._blocked else f"no confirmation in {self._patience:.0f} s"

    def _give_up(self, reason: str) -> None:
        self.refused.update(dict.fromkeys(self._pending, reason))
        self._pending.clear()

    @contextmanager
    def _channel(self) -> Iterator[tuple[Any, Window]]:
        """A channel in confirm mode. What it leaves unconfirmed is pending again, before all others."""
        link: Any = self._connection.connection
        channel, window = link.channel(), Window()
        link.on_blocked, link.on_unblocked = self._on_blocked, self._on_unblocked
        try:
            for entity in self._messages.declare:
                maybe_declare(entity, channel)
            channel.confirm_select()
            channel.events["basic_ack"].add(window.acked)
            channel.events["basic_nack"].add(window.nacked)
            channel.events["basic_return"].add(self._on_return)
            yield channel, window
        finally:
            link.on_blocked = link.on_unblocked = None
            self._take(window)
        with suppress(OSError, ChannelError):
            channel.close()

    def _take(self, window: Window) -> None:
        """Keep the outcome of the messages of a channel."""
        self.refused |= window.refused
        self.confirmed |= window.confirmed - self.refused.keys()
        unconfirmed = list(window.awaiting())
        self.repeated.update(unconfirmed)
        self._pending.extendleft(reversed(unconfirmed))

    def _send_all(self, channel: Any, window: Window) -> None:
        while self._pending or len(window):
            self._read_confirmations(channel, window, wait=False)
            if not self._pending and not len(window):
                return
            if self._blocked or len(window) >= self._outstanding or not self._pending:
                if not self._read_confirmations(channel, window, wait=True):
                    return
                continue
            self._write_some(channel, window)

    def _write_some(self, channel: Any, window: Window) -> None:
        data, link = bytearray(), channel.connection
        while self._pending and len(data) < BYTES_PER_WRITE and len(window) < self._outstanding:
            index = self._pending.popleft()
            try:
                message, properties = self._messages.made(index)
                kind = message.properties.get("content_type")
                refuse_values_that_no_worker_reads(self._messages.task, message.body, kind, message.headers)
                refuse_a_larger_message(self._connection.transport_options, len(message.body))
                refuse_larger_properties(len(properties), None, link.frame_max)
                data += frames(channel.channel_id, link.frame_max, message, properties)
            except (TypeError, ValueError, UnicodeError) as error:
                self.refused[index] = f"it cannot be serialized: {error}"
                continue
            except PublishError as error:
                self.refused[index] = str(error)
                continue
            window.sent(index)
        with link.transport.having_timeout(self._patience):
            link.transport.write(bytes(data))
        link.bytes_sent += 1

    def _read_confirmations(self, channel: Any, window: Window, *, wait: bool) -> bool:
        """Read confirmations; false when none has come for `patience` seconds."""
        before = len(window)
        try:
            channel.connection.drain_events(timeout=self._left() if wait else 0)
        except TimeoutError:
            return not wait or monotonic() - self._answered_at < self._patience
        if len(window) < before:
            self._answered_at = monotonic()
        return True

    def _left(self) -> float:
        return max(0.01, self._answered_at + self._patience - monotonic())

    def _on_return(self, _error: Any, exchange: str, routing_key: str, message: Any) -> None:
        if not self._index_of:
            self._index_of = {task_id: index for index, task_id in enumerate(self._messages.ids)}
        index = self._index_of[message.properties["correlation_id"]]
        self.refused[index] = f"unroutable: no queue is bound to {exchange or 'the default exchange'} for {routing_key}"

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True

    def _on_unblocked(self) -> None:
        self._blocked = False

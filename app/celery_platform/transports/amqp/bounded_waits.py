"""py-amqp waits for ever for a node that does not answer: a frozen host, or a quorum without majority.

Publishing with confirms (`Channel.basic_publish_confirm`), opening a channel and closing a connection all wait without
a time-out; a confirmed publish was seen to block for as long as the node was frozen. Its own `timeout` argument counts
from the last frame received, so a node that still sends heartbeats is waited for without end.
Here every wait of a connection has a limit, a connection that does not answer is dropped without closing it properly,
and `budget` bounds all steps of a publish together: confirm, next node, confirm. The message keeps its task id
throughout.
Unnecessary as soon as py-amqp takes deadlines; `tests/celery_platform/transports` shows the wait without it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from kombu.transport import pyamqp

from celery_platform.refusals.size import Sized
from celery_platform.transports.amqp.buffered_input import BuffersInput
from celery_platform.transports.amqp.publish_budget import allowed
from celery_platform.transports.amqp.silent_node import readable

# A quorum queue confirms within milliseconds; the rest is for disks that are busy.
CONFIRM_SECONDS = 2.0
# Declarations, QoS, opening and closing: a new quorum queue elects its leader first.
ANSWER_SECONDS = 10.0
# For the rest of a frame whose beginning has arrived.
READ_SECONDS = 1.0


class Bounded:
    """A channel or connection of py-amqp whose waits are bounded."""

    def wait(self, method: Any, callback: Any = None, timeout: float | None = None, returns_tuple: bool = False) -> Any:
        """Wait for the answer to a method, for `timeout` seconds from now, whatever else arrives meanwhile.

        Without `timeout` it is `ANSWER_SECONDS`.

        Raises:
            TimeoutError: no answer came in time; the connection is dropped.
            PublishError: nothing is left of the publish budget.
        """
        connection: Any = self.connection  # type: ignore[attr-defined]
        if connection is None:
            raise amqp.RecoverableConnectionError("connection already closed")
        end = time.monotonic() + allowed(timeout or ANSWER_SECONDS)
        with connection.reading_until(end):
            try:
                return super().wait(method, callback, timeout, returns_tuple)  # type: ignore[misc]
            except TimeoutError:
                # Closing it properly would mean waiting for the silent node again.
                connection.collect()
                raise


class Channel(Sized, Bounded, pyamqp.Channel):
    """kombu's channel with bounded waits."""

    def basic_publish_confirm(self, *args: Any, **kwargs: Any) -> Any:
        """Publish a message and wait for its confirmation, each for no longer than `CONFIRM_SECONDS` by default.

        Raises:
            TimeoutError, PublishError: it was not confirmed in time. The broker may have taken it all the same.
        """
        kwargs["timeout"] = allowed(kwargs.get("timeout") or CONFIRM_SECONDS)
        kwargs["confirm_timeout"] = kwargs.get("confirm_timeout") or CONFIRM_SECONDS
        try:
            return super().basic_publish_confirm(*args, **kwargs)
        except (amqp.RecoverableConnectionError, amqp.ChannelError):
            # Nothing can be sent after a partially written frame. After a returned message, its confirm is pending,
            # and would be mistaken for that of the next message.
            if self.connection is not None:
                self.connection.collect()
            raise


class Connection(Bounded, pyamqp.Connection):
    """kombu's connection with bounded waits."""

    Channel = Channel
    _reading_ends: float | None = None

    @contextmanager
    def reading_until(self, end: float) -> Iterator[None]:
        """Let reading in this context fail with a time-out at `end`, a moment of the monotonic clock."""
        outer, self._reading_ends = (
            self._reading_ends,
            end if self._reading_ends is None else min(self._reading_ends, end),
        )
        try:
            yield
        finally:
            self._reading_ends = outer

    def drain_events(self, timeout: float | None = None) -> Any:
        """Wait `timeout` seconds from now for an event. py-amqp starts to count again with each frame that is none.

        RabbitMQ's heartbeats, each 1.5 s, would keep the two seconds of a green worker's loop from ever passing: idle,
        it neither ticked nor ended on SIGTERM.
        """
        if not timeout:  # for ever, or what is there already
            return super().drain_events(timeout)
        with self.reading_until(time.monotonic() + timeout):
            return super().drain_events(timeout)

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Read a frame within the time that is left, or one that is here.

        A worker that starts with messages waiting, and whose tasks hold its loop, runs them while it still waits for
        the answer to its next `basic.consume`: the answer was there all the time, behind them.
        """
        if self._reading_ends is not None:
            left = self._reading_ends - time.monotonic()
            if left <= 0:
                if not self._has_input():
                    raise TimeoutError(f"{self.host} did not answer in time")
                left = READ_SECONDS
            timeout = left if timeout is None else min(timeout, left)
        return super().blocking_read(timeout)

    def _has_input(self) -> bool:
        transport = self.transport
        return (isinstance(transport, BuffersInput) and transport.has_input()) or readable(self.sock)

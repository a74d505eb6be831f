"""kombu's Redis transport for a worker whose tasks run in the event loop.

One round trip takes as many messages as the prefetch count has room for (`take.py`); they are handled for a bounded
time in each turn of the loop; what is done is acknowledged with one command for many, whose answer is not waited for.
"""

import logging
from contextlib import suppress
from queue import Empty
from time import monotonic
from typing import Any

from redis.exceptions import RedisError

from celery_platform.transports.redis import reconnect
from celery_platform.transports.redis.acknowledgements import AcknowledgesLater
from celery_platform.transports.redis.unanswered import Unanswered
from celery_platform.transports.turn import TURN_SECONDS, Turn
from celery_platform.transports.worker_channel import WorkerChannel
from celery_platform.transports.worker_connection import WorkerConnection

logger = logging.getLogger(__name__)


class Channel(AcknowledgesLater, WorkerChannel):
    """The channel of a worker: what its event loop hands over, settles and gives back."""

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, once results are stored: that of the rejected task may be among them."""
        if self.connection is not None:
            self._store_results()
        super().basic_reject(delivery_tag, requeue)

    def give_back(self) -> None:
        """Before the process ends: acknowledge what is done; what is taken and not done goes back at once.

        Raises:
            RedisError, OSError: Redis does not answer, or results could not be stored first. What is noted comes again
                after its visibility timeout.
        """
        self.give_up()
        self.give_up_delivered()
        try:
            self.flush_acknowledgements()
        finally:
            self.put_back()

    def _receive(self) -> Any:
        """Take what has arrived for subscribers: that a poll reported it does not mean that it is still there."""
        return self.subclient.connection.can_read(timeout=0) and super()._receive()  # type: ignore[misc]

    def hand_over(self) -> None:
        """Give what was taken to its consumers, for a bounded time; the next turn of the loop goes on.

        Remote control commands that arrived while a task ran come first: one of them may revoke one of these messages.
        """
        self.connection.receive_commands()
        until = monotonic() + TURN_SECONDS
        while self.taken and monotonic() < until:
            self.send_stale()
            self.hand_over_one()

    def close(self) -> None:
        """Give back what was taken, and flush if Redis answers: what stays unacknowledged comes again."""
        if self._in_poll:
            with suppress(Empty):
                self._brpop_read()
        self.give_up()
        if self.connection is not None and self.connection.client is not None and not self.closed:
            try:
                if self.connection.batches_acks:
                    self.flush_acknowledgements()
                self.put_back()
            except (RedisError, OSError) as error:
                logger.warning("what is done and not acknowledged comes again: %r", error)
        super().close()


class Transport(reconnect.Transport, WorkerConnection):
    """kombu's Redis transport with that channel. In kombu it stands for the connection as well."""

    Channel = Channel
    keeps_acks = True  # `AcknowledgesLater.pending` is the process's
    channels: list[Any]
    client: Any
    # Acknowledgements that Redis has not answered yet; when the last were sent, in seconds of the monotonic clock.
    sent: Unanswered | None = None
    sent_at: float = 0.0

    @property
    def connected(self) -> bool:
        """Whether the connection was neither closed nor given up."""
        return self.client is not None

    def flush_acknowledgements(self) -> None:
        """Send the pending acknowledgements, which all channels share.

        Raises:
            RedisError, OSError: Redis does not answer, or results could not be stored first.
        """
        if self.channels:
            self.channels[0].flush_acknowledgements()

    def send_acknowledgements(self) -> None:
        """Send the pending acknowledgements without waiting for their answer.

        Raises:
            RedisError, OSError: Redis does not answer, or results could not be stored first.
        """
        if self.channels:
            self.channels[0].send_acknowledgements()

    def receive_commands(self) -> None:
        """Receive the remote control commands that have arrived."""
        for channel in list(self.channels) if self.batches_acks else ():
            if channel._in_listen:
                channel._receive()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Let the event loop `loop` take messages, and send acknowledgements before each of its waits."""
        super().register_with_event_loop(connection, loop)
        self.batches_acks = True
        _Turn(self, loop)


class _Turn(Turn):
    """Beside kombu's own part in the loop, which takes messages."""

    def __init__(self, transport: Transport, loop: Any) -> None:
        super().__init__(loop)
        self.transport = transport

    def on_more(self) -> None:
        """Give the messages that the last turn left over to their consumers."""
        for channel in list(self.transport.channels):
            channel.hand_over()

    def on_tick(self) -> None:
        """Send acknowledgements; ask for another turn at once while there are messages to hand over."""
        if not self.transport.connected:
            self.leave()
            return
        self.transport.send_acknowledgements()
        if any(channel.taken for channel in self.transport.channels):
            self.come_back()

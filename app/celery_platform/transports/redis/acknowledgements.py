"""Acknowledgements on Redis, many with one command; the event loop waits for no answer but that to the one before."""

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar

from kombu.transport import virtual
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from celery_platform.reliability.redis_answers import helps_to_connect, name_of
from celery_platform.transports.redis import reconnect
from celery_platform.transports.redis.full import TAGS
from celery_platform.transports.redis.unanswered import Unanswered
from celery_platform.transports.turn import ACKS_PER_WRITE, STALE_SECONDS

# What is acknowledged, in words.
PENDING = "what is done"


class AcknowledgesLater(reconnect.Channel):
    """A channel whose acknowledgements are pending until a worker's event loop flushes them, in each of its turns.

    On a transport that belongs to no event loop, such as a task's own, each acknowledgement is sent at once.
    """

    # Tags of messages that are done and unacknowledged. A tag is the message's own: the channel after a reconnect can
    # acknowledge it. It leaves when Redis has answered.
    pending: ClassVar[deque[str]] = deque()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:  # noqa: ARG002 - kombu's virtual channels know no other
        """Acknowledge with the next command; the message's place in the prefetch count is free at once."""
        if self.kept_without_connection(delivery_tag, self.pending):
            return
        if not self.connection.batches_acks:
            super().basic_ack(delivery_tag)
            return
        virtual.QoS.ack(self.qos, delivery_tag)
        self.pending.append(delivery_tag)
        if self._unsent() >= ACKS_PER_WRITE:
            self.send_acknowledgements()

    def _unsent(self) -> int:
        sent = self.connection.sent
        return len(self.pending) - (len(sent.tags) if sent else 0)

    def send_stale(self) -> None:
        """Send what is pending if nothing was sent for `STALE_SECONDS`; a command for each message would cost too much.

        Raises:
            RedisError, OSError: as `flush_acknowledgements`.
        """
        if self.connection.batches_acks and monotonic() - self.connection.sent_at >= STALE_SECONDS:
            self.send_acknowledgements()

    def send_acknowledgements(self) -> None:
        """As `flush_acknowledgements`, but wait only for the answer to what was sent before, if anything is pending.

        Raises:
            RedisError, OSError: as `flush_acknowledgements`, which is called when that answer was none.
        """
        transport: Any = self.connection
        if not self._unsent() and not (transport.sent and transport.sent.arrived()):
            return
        if not self._answered():
            self.flush_acknowledgements()
            return
        tags = list(self.pending)[:TAGS]
        if not tags:
            return
        self._store_results()
        if self.settled.wait_seconds(PENDING):
            return
        qos: Any = self.qos
        try:
            transport.sent = Unanswered(self.pool, qos.letting_go(tags), tags)
        except (RedisError, OSError):
            self.flush_acknowledgements()
        transport.sent_at = monotonic()

    def _answered(self) -> bool:
        """Wait for the answer to what was sent; false when it says that nothing was let go, or does not come."""
        transport: Any = self.connection
        sent, transport.sent = transport.sent, None
        if sent is None:
            return True
        try:
            sent.answer()
        except (RedisError, OSError):
            return False
        self._let_go(sent.tags)
        return True

    def _let_go(self, tags: Iterable[str]) -> None:
        self.settled.accepted(PENDING)
        for tag in tags:
            with suppress(ValueError):
                self.pending.remove(tag)

    def flush_acknowledgements(self) -> None:
        """Remove what is done from the unacknowledged messages, and wait until Redis has done so.

        Raises:
            RedisError, OSError: Redis does not answer, or results could not be stored first. They stay
                pending, for the next turn or the next connection.
        """
        self._answered()
        tags = list(self.pending)
        if not tags:
            return
        self._store_results()
        if self.settled.wait_seconds(PENDING):
            return
        try:
            qos: Any = self.qos
            qos.let_go(*tags)
        except RedisError as error:
            self.settled.refused(PENDING, name_of(error), error)
            if helps_to_connect(error):
                raise
            return
        self._let_go(tags)

    def _store_results(self) -> None:
        before: Any = self.connection.before_acks
        if before is None:
            return
        try:
            before()
        except Exception as error:
            raise RedisConnectionError(f"results could not be stored: {error!r}") from error

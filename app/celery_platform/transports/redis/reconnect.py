"""Celery 5.7.0 ends the worker when Redis goes away, or refuses, while a late-acknowledged task runs or when it ends.

`Consumer.on_connection_error_after_connected` closes a connection that `collect()` has just taken the client from;
closing its channel puts unacknowledged messages back, which needs that client: "Unrecoverable error: AttributeError:
'NoneType' object has no attribute 'hostname'". Celery 5.6.3 does not close it.
A task that went on running (threads cannot be interrupted) acknowledges on that channel, which needs its connection:
"'NoneType' object has no attribute 'client'".
Here such a channel closes without asking Redis. Its unacknowledged messages are put back by the worker's next
connection, as RabbitMQ does when a connection ends, and not only after the visibility timeout. What a task acknowledges
until then, the next connection settles first; later it is refused as RabbitMQ would: Celery logs "Couldn't ack".
A `ResponseError`, such as a replica's after a failover, is a connection error here (`reliability/redis_answers.py`). An
acknowledgement that Redis does not take is tried again each second, and on the next connection: kombu would keep the
message's place in the prefetch window for good, until the worker takes no more.
Unnecessary as soon as Celery or kombu closes a collected connection without error; `tests/celery_platform/guards`
and `tests/celery_platform/answers` show it.
"""

import logging
from collections import deque
from contextlib import suppress
from typing import Any, ClassVar

from kombu.transport import redis, virtual
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from celery_platform.guards.answers import Answers
from celery_platform.refusals.size import Sized
from celery_platform.reliability.redis_answers import name_of
from celery_platform.transports.redis import take
from celery_platform.transports.redis.take import Taking
from celery_platform.transports.redis.without_loop import WithoutLoop

logger = logging.getLogger(__name__)


# What acknowledgements are asked of, in words.
_REDIS = "Redis"
# Of a command that only the right server, with the right password, takes; it changes nothing.
_PROBE = "return redis.call('DEL', KEYS[1])"


class QoS(take.QoS):
    """What is held; what Redis did not take is sent again with kombu's search for overdue messages, each second."""

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Settle what could not be settled, then put back messages past their visibility timeout."""
        channel: Any = self.channel
        channel.settle()
        super().restore_visible(start, num, interval)


class Channel(Sized, Taking):
    """kombu's channel, which may be closed after its connection was collected."""

    QoS = QoS
    # Tags of messages that are done and that Redis did not let go of.
    done: ClassVar[deque[str]] = deque()
    settled: ClassVar[Answers] = Answers("acknowledging")

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge, now or as soon as Redis takes it.

        Raises:
            ConnectionError: the message was held by a broken connection, and went back to its queue.
        """
        if self.kept_without_connection(delivery_tag, self.done):
            return
        try:
            super().basic_ack(delivery_tag, multiple)
        except self.connection_errors as error:
            self._later(delivery_tag, self.done, error)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, now or as soon as Redis takes it.

        Raises:
            ConnectionError: the message was held by a broken connection, and went back to its queue.
        """
        tags = self.orphans if requeue else self.done
        if self.kept_without_connection(delivery_tag, tags):
            return
        try:
            super().basic_reject(delivery_tag, requeue)
        except self.connection_errors as error:
            self._later(delivery_tag, tags, error)

    def _later(self, delivery_tag: str, tags: deque[str], error: BaseException) -> None:
        tags.append(delivery_tag)
        virtual.QoS.ack(self.qos, delivery_tag)  # its place in the prefetch window is free
        self.settled.refused(_REDIS, name_of(error), error)

    def settle(self) -> None:
        """Tell Redis what it did not take before: what is done, and what goes back to its queue.

        Raises:
            RedisError, OSError: it does not take it now either; the rest is kept.
        """
        qos: Any = self.qos
        while self.done:
            qos.let_go(self.done[0])
            self.done.popleft()
        self.put_back()
        self.settled.accepted(_REDIS)

    def probe(self) -> None:
        """Ask for something that only a server that takes messages grants.

        Raises:
            RedisError: this one does not.
        """
        with self.conn_or_acquire() as client:
            client.execute_command("EVAL", _PROBE, 1, self._named(f"{self.unacked_key}:probe"))

    def kept_without_connection(self, delivery_tag: str, tags: deque[str]) -> bool:
        """Keep a tag among `tags` for the next connection, if this channel has none any more.

        Raises:
            ConnectionError: the message went back to its queue already.
        """
        if self.connection is not None and self.connection.client is not None:
            return False
        qos: Any = self._qos
        if delivery_tag in self.orphans:
            self.orphans.remove(delivery_tag)
        elif qos is not None and delivery_tag in qos._delivered:
            virtual.QoS.ack(qos, delivery_tag)
        else:
            raise RedisConnectionError(f"message {delivery_tag} was held by a broken connection: it is delivered again")
        tags.append(delivery_tag)
        return True

    def close(self) -> None:
        """Close; without a client, only what needs no Redis."""
        if self.connection is None or self.connection.client is not None or self._qos is None:
            if self.done and not self.closed:
                with suppress(RedisError, OSError):
                    self.settle()
            super().close()
            return
        qos: Any = self._qos
        qos._on_collect.cancel()
        self.give_up_delivered()
        qos._delivered.restored = True
        self._in_poll = None
        super().close()

    def give_up_delivered(self) -> None:
        """Leave what was delivered and not acknowledged to whoever calls `put_back` next."""
        qos: Any = self.qos
        qos._flush()
        self.orphans.extend(qos._delivered)
        qos._delivered.clear()

    def put_back(self) -> None:
        """Return the messages of broken connections to their queues, unless they were acknowledged meanwhile."""
        qos: Any = self.qos
        while self.orphans:
            tag = self.orphans.popleft()
            try:
                qos.restore_by_tag(tag)
            except (RedisError, OSError):
                self.orphans.appendleft(tag)
                raise
            logger.info("message %s of a broken connection went back to its queue", tag)


class Transport(WithoutLoop, redis.Transport):
    """kombu's Redis transport with the guarded channel."""

    Channel = Channel
    connection_errors = (*redis.Transport.connection_errors, ResponseError)

    def establish_connection(self) -> Any:
        """Connect; after a refusal, only to a server that would take a message.

        Raises:
            RedisError: this one refuses as well. kombu waits longer before each next attempt.
        """
        made: Any = super().establish_connection()
        channels: Any = self.channels
        if Taking.in_doubt:
            try:
                channels[-1].probe()
            except RedisError as error:
                Taking.polls.refused(take.POLL, name_of(error), error)
                made.close_connection(made)
                raise
            Taking.in_doubt = False
        return made

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """A worker's new connection puts back what the broken one held."""
        super().register_with_event_loop(connection, loop)
        if Channel.orphans or Channel.done:
            client: Any = self.client
            client.default_channel.settle()

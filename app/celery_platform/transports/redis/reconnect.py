"""Celery 5.7.0 ends the worker when Redis goes away while a late-acknowledged task runs, or when that task ends later.

`Consumer.on_connection_error_after_connected` closes a connection that `collect()` has just taken the client from;
closing its channel puts unacknowledged messages back, which needs that client: "Unrecoverable error: AttributeError:
'NoneType' object has no attribute 'hostname'". Celery 5.6.3 does not close it.
A task that went on running (threads cannot be interrupted) acknowledges on that channel, which needs its connection:
"'NoneType' object has no attribute 'client'".
Here such a channel closes without asking Redis. Its unacknowledged messages are put back by the worker's next
connection, as RabbitMQ does when a connection ends, and not only after the visibility timeout; what a task acknowledges
on it is refused as RabbitMQ would: Celery logs "Couldn't ack" and goes on.
Unnecessary as soon as Celery or kombu closes a collected connection without error; `tests/celery_platform/transports`
shows it.
"""

import logging
from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from celery_platform.refusals.size import Sized
from celery_platform.transports.redis.take import Taking

logger = logging.getLogger(__name__)


class Channel(Sized, Taking):
    """kombu's channel, which may be closed after its connection was collected."""

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge, on a channel that still has a connection."""
        self._refuse_without_connection(delivery_tag)
        super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, on a channel that still has a connection."""
        self._refuse_without_connection(delivery_tag)
        super().basic_reject(delivery_tag, requeue)

    def _refuse_without_connection(self, delivery_tag: str) -> None:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError(f"message {delivery_tag} was held by a broken connection: it is delivered again")

    def close(self) -> None:
        """Close; without a client, only what needs no Redis."""
        if self.connection is None or self.connection.client is not None or self._qos is None:
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


class Transport(redis.Transport):
    """kombu's Redis transport with the guarded channel."""

    Channel = Channel

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """A worker's new connection puts back what the broken one held."""
        super().register_with_event_loop(connection, loop)
        if Channel.orphans:
            client: Any = self.client
            client.default_channel.put_back()

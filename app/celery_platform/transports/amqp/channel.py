"""A channel that receives deliveries the short way and flushes many acknowledgements with one write."""

import logging
from collections.abc import Callable
from struct import Struct
from typing import Any

from kombu.transport import base, pyamqp

from celery_platform.transports.amqp.acknowledgements import AckWindow
from celery_platform.transports.amqp.header_table import properties_of
from celery_platform.transports.amqp.withheld import WithholdsAcks
from celery_platform.transports.held import KnowsHeld
from celery_platform.transports.worker_channel import WorkerChannel

logger = logging.getLogger(__name__)

TAG_AND_FLAGS = Struct(">QB").unpack_from

DeliveryMethod = tuple[str, int, bool, str, str]


class Message(pyamqp.Message):
    """A received message, made from its frames directly instead of from a message of py-amqp's."""

    def __init__(self, channel: Any, method: DeliveryMethod, properties: dict[str, Any], body: bytes) -> None:
        consumer, tag, redelivered, exchange, routing_key = method
        init: Any = base.Message.__init__
        init(
            self,
            body=body,
            channel=channel,
            delivery_tag=tag,
            content_type=properties.get("content_type"),
            content_encoding=properties.get("content_encoding"),
            delivery_info={
                "consumer_tag": consumer, "delivery_tag": tag, "redelivered": redelivered, "exchange": exchange,
                "routing_key": routing_key,
            },
            properties=properties,
            headers=properties.get("application_headers"),
        )  # fmt: skip


class AckingChannel(pyamqp.Channel, WorkerChannel, WithholdsAcks, KnowsHeld):
    """A channel whose acknowledgements are pending in `acks` until a worker's event loop flushes them.

    On a connection that belongs to no event loop, such as a task's own, each acknowledgement is sent at once.
    """

    callbacks: dict[str, Callable[[Any], Any]]
    no_ack_consumers: set[str]
    is_closing: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acks = AckWindow()
        # Whether the event loop leaves acknowledgements pending. Who flushes this channel itself has its reason.
        self.withheld = False

    @staticmethod
    def delivery_method(payload: bytes) -> DeliveryMethod:
        """Consumer tag, delivery tag, whether redelivered, exchange and routing key of a `basic.deliver`."""
        at = 5 + payload[4]
        consumer = payload[5:at].decode()
        tag, redelivered = TAG_AND_FLAGS(payload, at)
        end = at + 10 + payload[at + 9]
        exchange = payload[at + 10 : end].decode()
        routing_key = payload[end + 1 : end + 1 + payload[end]].decode()
        return consumer, tag, bool(redelivered & 1), exchange, routing_key

    def on_delivery(self, method: DeliveryMethod, header: bytes, body: bytes) -> None:
        """Give a message, all of whose frames have arrived, to its consumer.

        `method` is what `delivery_method` returned, `header` the payload of the content header, `body` the whole body.
        A message without a consumer here is requeued, one with properties that cannot be decoded is rejected. Nothing
        begins once the broker closes the channel or the connection: it delivers all of that to others.
        """
        consumer, tag = method[0], method[1]
        receive = self.callbacks.get(consumer)
        if consumer not in self.no_ack_consumers:
            self.acks.delivered(tag)
        if self.is_closing or not self.connection.may_begin():
            return
        if receive is None:
            logger.warning("message %s is for no consumer here (%r): back to its queue", tag, consumer)
            self.basic_reject(tag, requeue=True)
            return
        try:
            message = Message(self, method, properties_of(header), body)
        except Exception as error:
            self._undecodable(tag, error)
            return
        receive(message)

    def _undecodable(self, tag: int, error: Exception) -> None:
        logger.critical("message %s has properties that cannot be decoded (%r): rejected", tag, error)
        self.basic_reject(tag, requeue=False)

    def basic_get(self, queue: str = "", no_ack: bool = False, argsig: str = "Bsb") -> Any:
        """Fetch one message as py-amqp does; without `no_ack` it has to be acknowledged like a delivery."""
        message = super().basic_get(queue, no_ack=no_ack, argsig=argsig)
        if message is not None and not no_ack:
            self.acks.delivered(int(message.delivery_tag or 0))
        return message

    def message_to_python(self, raw_message: Any) -> Any:
        """Make kombu's message of one that `basic_get` returned; those of consumers are kombu's already."""
        return raw_message if isinstance(raw_message, Message) else super().message_to_python(raw_message)

    def basic_ack(self, delivery_tag: int, multiple: bool = False, argsig: str = "Lb") -> None:
        """Have a delivery acknowledged with the next write; at once with `multiple`, or where no event loop flushes."""
        if multiple or not (self.connection is None or self.connection.batches_acks):
            self.flush_acknowledgements()
            super().basic_ack(delivery_tag, multiple=multiple, argsig=argsig)
            (self.acks.settled_up_to if multiple else self.acks.settled)(delivery_tag)
            return
        self.acks.done(delivery_tag)

    def basic_reject(self, delivery_tag: int, requeue: bool, argsig: str = "Lb") -> None:
        """Reject a delivery at once, after the results of the tasks that are done were stored.

        Raises:
            OSError, RecoverableConnectionError: it was not rejected; the broker delivers it again.
        """
        if self.connection is not None:
            self.connection.prepare_acks()
        self.acks.settled(delivery_tag)
        super().basic_reject(delivery_tag, requeue, argsig=argsig)

    def flush_acknowledgements(self) -> None:
        """Store the results of the tasks that are done and acknowledge their messages, with one write.

        Raises:
            OSError, RecoverableConnectionError: they are not acknowledged; the broker delivers them again.
        """
        connection = self.connection
        if not len(self.acks) or connection is None or self.channel_id is None:
            return
        connection.prepare_acks()
        connection.transport.write(self.acks.frames(self.channel_id))
        connection.bytes_sent += 1

    def withhold(self) -> None:
        """Leave acknowledgements pending, also where the event loop would send them."""
        self.withheld = True

    def release(self) -> None:
        """Send what is pending; the event loop goes on with what follows."""
        self.withheld = False
        self.flush_acknowledgements()

    def held(self) -> set[int]:
        """Return the delivery tags of what was delivered and is neither done nor rejected."""
        return self.acks.outstanding()

    def give_back(self) -> None:
        """Before the process ends: acknowledge what is done; the broker requeues the rest when the connection ends."""
        self.flush_acknowledgements()

    def basic_cancel(self, *args: Any, **kwargs: Any) -> Any:
        """End a consumer, after pending acknowledgements were sent."""
        self.flush_acknowledgements()
        return super().basic_cancel(*args, **kwargs)

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close, after pending acknowledgements were sent: the broker delivers again what is unacknowledged then."""
        self.flush_acknowledgements()
        return super().close(*args, **kwargs)

"""From frames to messages: a handler of frames that hands deliveries over without py-amqp's general machinery."""

from collections.abc import Callable
from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception, named as one
from typing import Any

from amqp.exceptions import FrameSyntaxError, UnexpectedFrame
from amqp.method_framing import frame_handler as stock_frame_handler

from celery_platform.transports.amqp.buffered_reads import Frame

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
# `basic.deliver`: class 60, method 60.
DELIVER = b"\x00\x3c\x00\x3c"
LONG_LONG = Struct(">Q").unpack_from


class _Arriving:
    """A delivery of which not all frames are here."""

    __slots__ = ("body", "header", "method", "missing")

    def __init__(self, method: bytes) -> None:
        self.method = method
        self.header: bytes | None = None
        self.missing = 0
        self.body: list[bytes] = []

    def add(self, kind: int, payload: bytes) -> bool:
        """Add a frame; true when it was the last."""
        if kind == HEADER and self.header is None:
            self.header = payload
            self.missing = LONG_LONG(payload, 4)[0]
        elif kind == BODY and self.header is not None:
            self.body.append(payload)
            self.missing -= len(payload)
        elif kind == HEARTBEAT:
            return False
        else:
            raise UnexpectedFrame(f"Received a frame of type {kind} in the middle of a delivery")
        return self.missing <= 0


def frame_handler(connection: Any, callback: Callable[..., Any]) -> Callable[[Frame], bool]:
    """py-amqp's `frame_handler` with a short way for deliveries. Everything else goes py-amqp's way.

    Returns a function of a frame that says whether a method is complete.

    Raises (when called with frames that are not what AMQP says):
        UnexpectedFrame, FrameSyntaxError: the connection cannot be used any more; Celery connects again.
    """
    stock = stock_frame_handler(connection, callback)
    arriving: dict[int, _Arriving] = {}

    def on_frame(frame: Frame) -> bool:
        kind, channel, payload = frame
        try:
            delivery = arriving.get(channel)
            if delivery is None:
                if kind != METHOD or payload[:4] != DELIVER:
                    return bool(stock(frame))
                connection.bytes_recv += 1
                arriving[channel] = _Arriving(payload)
                return False
            connection.bytes_recv += 1
            if not delivery.add(kind, payload):
                return False
            del arriving[channel]
            receiver = connection.channels[channel]
            method = receiver.delivery_method(delivery.method)
        except (StructError, IndexError, KeyError, UnicodeDecodeError) as error:
            raise FrameSyntaxError(f"Received a frame that cannot be decoded: {error!r}") from error
        # Outside of the above: what is raised from here on is the consumer's.
        body = delivery.body
        receiver.on_delivery(method, delivery.header, body[0] if len(body) == 1 else b"".join(body))
        return True

    return on_frame

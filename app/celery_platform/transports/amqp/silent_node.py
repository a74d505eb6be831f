"""A worker detects a frozen RabbitMQ node late, because py-amqp waits for two full missed heartbeats.

With shorter heartbeats, the broker would also drop a worker whose event loop is busy for a moment. So the two sides use
different limits. The broker still waits two to three heartbeats for the worker. It sends a frame at least once per
heartbeat interval (RabbitMQ guide, "Heartbeats": twice, unless there was other traffic), so the worker considers it
silent when a frame is a quarter of an interval late. It does so only if no data is waiting to be read, because
otherwise its own loop was busy. For a while afterwards, the process connects to the other nodes of its list first.
Unnecessary as soon as py-amqp allows a client a shorter limit than the server's.
"""

import select
import ssl
import time
from typing import Any, ClassVar

from amqp import ConnectionForced

SILENCE = 1.25  # heartbeats
AVOID_SECONDS = 10


class Attentive:
    """A mixin for a connection of py-amqp."""

    # Silent nodes, each with the time until which it is skipped.
    avoided: ClassVar[dict[str, float]] = {}
    _received_bytes = -1
    _received_at = 0.0

    def heartbeat_tick(self, rate: float = 2) -> None:
        """Send a heartbeat if one is due, and check whether the node is silent.

        Raises:
            ConnectionForced: the node is silent.
        """
        super().heartbeat_tick(rate)  # type: ignore[misc]
        connection: Any = self
        if not connection.heartbeat:
            return
        now = time.monotonic()
        if connection.bytes_recv != self._received_bytes or readable(connection.sock):
            self._received_bytes, self._received_at = connection.bytes_recv, now
        elif now - self._received_at > SILENCE * connection.heartbeat:
            self.avoided[connection.host] = now + AVOID_SECONDS
            raise ConnectionForced(f"{connection.host} has been silent for {now - self._received_at:.1f} s")


def readable(sock: Any) -> bool:
    """Return whether data has arrived that has not been read yet."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    return bool(select.select([sock], [], [], 0)[0])

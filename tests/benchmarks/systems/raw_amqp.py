"""The upper limit: py-amqp with buffered reads, which counts and acknowledges a hundred messages at a time.

`python -m tests.benchmarks.systems.raw_amqp PROCESSES` drains Celery's queue.
"""

import os
import sys
from typing import Any
from urllib.parse import urlsplit

from amqp import Connection
from celery_platform.transports.amqp.buffered_reads import BufferedTCP

from tests.benchmarks import counter

ACKS_PER_WRITE = 100
QUEUE = f"celery-{os.environ.get('BENCHMARK_QUEUE', 'classic')}"


class Buffered(Connection):
    """Stock py-amqp with a buffered socket."""

    def Transport(self, host: str, connect_timeout: float, *_: Any, **__: Any) -> Any:  # noqa: N802 - py-amqp's name
        return BufferedTCP(host, connect_timeout=connect_timeout)


def consume() -> None:
    """Consume until the process is killed."""
    url = urlsplit(os.environ["BENCHMARK_BROKER"])
    connection = Buffered(f"{url.hostname}:{url.port}", url.username, url.password)
    connection.connect()
    channel = connection.channel()
    channel.basic_qos(0, 3 * ACKS_PER_WRITE, False)
    seen = 0

    def on_message(message: Any) -> None:
        nonlocal seen
        counter.hit()
        seen += 1
        if seen % ACKS_PER_WRITE == 0:
            channel.basic_ack(message.delivery_tag, multiple=True)

    channel.basic_consume(QUEUE, callback=on_message)
    while True:
        connection.drain_events()


if __name__ == "__main__":
    for _ in range(int(sys.argv[1]) - 1):
        if os.fork() == 0:
            break
    consume()

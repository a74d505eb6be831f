"""What a process does with its messages before it ends on its own."""

from time import sleep
from typing import Any

from kombu.transport import virtual

from celery_platform.transports.worker_channel import WorkerChannel

# For the broker to read what was written. A process that ends with deliveries unread has its connection reset, and what
# the broker had not read by then is lost with it.
READ_SECONDS = 0.3


def give_back(channel: Any) -> None:
    """Acknowledge what is done, and return at once what was taken and is not; then wait `READ_SECONDS`.

    `channel` is the one that the worker consumes from: this project's, or kombu's own where stock code runs. Of those,
    a virtual one (SQS, Redis) knows what was delivered; on RabbitMQ the broker requeues it when the connection ends.

    Raises:
        Exception: the broker's or its library's. What was not given back comes again after its visibility timeout.

    Example: `give_back(consumer.task_consumer.channel)`
    """
    if isinstance(channel, WorkerChannel):
        channel.give_back()
    elif isinstance(channel, virtual.Channel):
        channel.qos.restore_unacked_once()
    sleep(READ_SECONDS)

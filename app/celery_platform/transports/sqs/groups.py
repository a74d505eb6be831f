"""Receive one message at a time from a FIFO queue, so that the messages of a group run in order.

SQS delivers no message of a group while another one of the group is in flight. But a receive of ten messages may return
several of the same group (SQS guide, "FIFO queue delivery logic"), and the slots of a worker would run them
concurrently. With one message per receive, groups run concurrently, and each group in order.
"""

from typing import Any

FIFO = ".fifo"


class OneOfEachGroup:
    """A mixin for kombu's SQS channel."""

    def _get_async(self, queue: str, count: int = 1, callback: Any = None) -> Any:
        return super()._get_async(queue, _at_once(queue, count), callback=callback)  # type: ignore[misc]

    def _receive_message(self, queue: str, max_number_of_messages: int = 1, **options: Any) -> Any:
        at_once = _at_once(queue, max_number_of_messages)
        return super()._receive_message(queue=queue, max_number_of_messages=at_once, **options)  # type: ignore[misc]


def _at_once(queue: str, count: int) -> int:
    return 1 if queue.endswith(FIFO) else count

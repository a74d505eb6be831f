"""Turns of a worker's loop in pools that have no event loop of kombu's: gevent, threads on SQS, solo."""

from collections.abc import Callable
from typing import Any


def each_turn_without_hub(consumer: Any, call: Callable[[], Any]) -> None:
    """Call `call` in each turn of the loop of a consumer without a hub, at least every two seconds.

    A consumer with a hub has timers of its own (`register_with_event_loop`).

    Example: `each_turn_without_hub(consumer, heartbeat)`
    """
    perform_pending_operations = consumer.perform_pending_operations

    def perform() -> None:
        if not consumer.hub:
            call()
        perform_pending_operations()

    consumer.perform_pending_operations = perform

"""Dead-letters a message that kills its worker each time, on a broker that does not count deliveries.

RabbitMQ's quorum queues and SQS count, and move such a message to the dead letter queue themselves. Redis and classic
queues only say that a message was delivered before. So a worker that is about to begin a redelivered
message counts it in the result store, by task id, where the count survives the process and its host. A first delivery
costs nothing.
"""

from typing import Any

from celery import Task

from celery_platform.brokers.choice import broker_of
from celery_platform.reliability.valkey import valkey
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

# Longer than any message is in transit.
KEEP_SECONDS = 7 * 86_400


class DeliveredTooOftenError(Exception):
    """The message was delivered as often as its queue allows, and no worker acknowledged it."""


def is_poison(task: Task[Any, Any]) -> DeliveredTooOftenError | None:
    """Count the delivery that `task` is about to run; returns an error when it was delivered too often.

    Example: a queue with `max_deliveries: 5` lets a message begin five times.
    """
    request = task.request
    delivery: Any = request.delivery_info or {}
    if not delivery.get("redelivered") or broker_of(runtime()).counts_deliveries:
        return None
    allowed = queue_of_request(runtime().environment, str(task.name), request).max_deliveries
    key = f"{runtime().environment.prefix}:deliveries:{request.id}:{request.retries or 0}"
    with valkey().pipeline() as pipe:
        pipe.incr(key)
        pipe.expire(key, KEEP_SECONDS)
        deliveries = int(pipe.execute()[0]) + 1  # the first one was not counted
    if deliveries <= allowed:
        return None
    valkey().delete(key)
    return DeliveredTooOftenError(f"delivered {deliveries} times, and no worker lived to acknowledge it")

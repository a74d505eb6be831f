"""The time limits of a message follow the queue that delivered it, because the broker waits for that queue's budget.

A task has the limits of its usual queue. A producer that does not attach, or that did not import the task, may send it
to another one, whose broker would deliver the message again while the task still runs.
"""

from collections.abc import Mapping
from typing import Any

from celery_platform.routes import queue_by_routing_key
from celery_platform.settings import runtime

# Hard limit, soft limit: Celery's order.
Limits = tuple[float | None, float | None]


def within_the_queue(limits: Limits, task: Any, delivery: Mapping[str, Any]) -> Limits:
    """Return the limits of a message, none longer than those of the queue in `delivery`; `None` leaves the task's own.

    Example: `within_the_queue((None, None), task, {"routing_key": "quick"}) == (20, 10)`
    """
    queue = queue_by_routing_key(runtime().environment, str(delivery.get("routing_key") or ""))
    if queue is None or queue.hard_time_limit is None or queue.soft_time_limit is None:
        return limits
    hard = _shorter(limits[0], task.time_limit, queue.hard_time_limit)
    soft = _shorter(limits[1], task.soft_time_limit, queue.soft_time_limit)
    ends_at, warned_at = hard or task.time_limit, soft or task.soft_time_limit
    if ends_at and warned_at and ends_at <= warned_at:
        # A prefork pool starts to count the rest of the hard limit when the soft one is over.
        soft = ends_at * queue.soft_time_limit / queue.hard_time_limit
    return hard, soft


def _shorter(given: float | None, own: float | None, longest: float) -> float | None:
    effective = given or own
    return longest if effective is None or effective > longest else given

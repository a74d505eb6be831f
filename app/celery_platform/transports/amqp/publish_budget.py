"""How long all steps of a publish may take together: confirm, next node, confirm."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery_platform.errors import PublishError

_deadline: ContextVar[float | None] = ContextVar("publish_deadline", default=None)


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Bound all calls to RabbitMQ in this context to `seconds` in all; an outer budget that ends earlier stays.

    Raises:
        PublishError: the time is up. The broker may or may not have taken the message.

    Example: `with budget(5): ship.delay("order-1")`
    """
    end = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(end if outer is None else min(outer, end))
    try:
        yield
    finally:
        _deadline.reset(token)


def allowed(step_seconds: float) -> float:
    """How long a step may take: its own limit, or what is left of the budget.

    Raises:
        PublishError: nothing is left.
    """
    end = _deadline.get()
    if end is None:
        return step_seconds
    left = end - time.monotonic()
    if left <= 0:
        raise PublishError(
            expected="the broker to take the message within the publish budget",
            found="no node that did",
            remedy="It may have been taken all the same: send it again under the same task id, or refuse the caller.",
        )
    return min(step_seconds, left)

"""What a worker took and had not begun goes back to its queue with the connection that brought it: that has a name too.

Celery forgets such requests when a connection is lost, and when the worker stops (`Consumer.on_close`). A prefork pool
forgets those as well that a child has begun without its main process knowing yet (`AsynPool.flush`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import bootsteps
from celery.concurrency.prefork import TaskPool as Prefork
from celery.worker import state

from celery_platform.settlement.names import Settlement
from celery_platform.settlement.request import Request
from celery_platform.transports.rate_limited import in_rate_limits


class GiveBackWithConnection(bootsteps.Step):
    """Settles, as given back, each request that the consumer forgets when it closes its connection."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        # Called by the consumer when a connection is lost, and by its blueprint when the worker stops.
        consumer.on_close = consumer.blueprint.on_close = _giving_back(consumer, consumer.on_close)


def _giving_back(consumer: Any, close: Callable[[], Any]) -> Callable[[], Any]:
    @wraps(close)
    def on_close() -> Any:
        forgotten = {*state.scheduled_requests, *in_rate_limits(consumer)}  # type: ignore[attr-defined] # newer
        if isinstance(consumer.pool, Prefork):  # others run what waits for a slot
            forgotten |= {*state.reserved_requests} - {*state.active_requests}
        for request in forgotten:
            if isinstance(request, Request) and not request.acknowledged:
                with request.settled_as(Settlement.GIVEN_BACK):
                    pass
        return close()

    return on_close

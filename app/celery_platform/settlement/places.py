"""Where the requests of a worker are: in a slot of its pool, or waiting for one, for their time or for a rate limit.

All of it is read from what Celery and its pools keep anyway, so that it costs a task nothing. Celery's own sets of
requests are not enough: they keep a request whose slot has lost it.
"""

from collections.abc import Iterator
from typing import Any

from celery.concurrency.prefork import TaskPool as Prefork
from celery.concurrency.solo import TaskPool as Solo
from celery.worker import state
from celery.worker.request import Request

from celery_platform.transports.rate_limited import in_rate_limits
from celery_platform.transports.slots import HasPlaces, Places


def places_of(consumer: Any) -> Places:
    """Return where the requests of a worker are, between two turns of its event loop.

    Example: `places_of(consumer).running`
    """
    pool = consumer.pool
    if isinstance(pool, HasPlaces):
        found = pool.places()
    elif isinstance(pool, Prefork):
        found = _of_prefork(consumer, pool)
    elif isinstance(pool, Solo):
        found = Places()
    else:
        found = _of_green(consumer, pool)
    found.waiting += tuple(state.scheduled_requests)  # type: ignore[attr-defined] # newer than the stub
    found.waiting += in_rate_limits(consumer)
    # Not Celery's weak sets: where tasks are threads, those change while they are walked through.
    found.waiting += [request for request in list(state.requests.values()) if _kept_by_its_task(request)]
    return found


def _of_prefork(consumer: Any, pool: Any) -> Places:
    jobs = list(pool._pool._cache.values())
    slots = consumer.controller.semaphore
    found = Places()
    for job in jobs:
        # One that waits for a process that is just being started has none yet.
        has_process = job._write_to is not None or job._scheduled_for is not None
        (found.running if has_process else found.waiting).append(request_of(job._callback))
    if slots is not None:
        found.waiting += [arguments[0] for _, arguments, _ in tuple(slots._waiting)]
        found.without_request = max(0, slots.initial_value - slots.value - len(jobs))
    return found


def _of_green(consumer: Any, pool: Any) -> Places:
    """Those of gevent's greenlets. What waits to become one is in a greenlet that nobody knows of."""
    greenlets = getattr(pool, "_pool_map", None)
    if greenlets is None:  # a pool that this platform does not choose
        return Places(waiting=list(state.requests.values()))
    found = Places(waiting=[request for request in tuple(state.reserved_requests) if not active(request)])
    found.running = [request for each in list(greenlets.values()) for request in map(request_of, each.args)]
    found.waiting += [request for entry in tuple(consumer.timer.queue) for request in _arguments(entry)]
    return found


def _arguments(entry: Any) -> Iterator[Any]:
    planned = getattr(entry, "entry", None)
    return (each for each in getattr(planned, "args", ()) if isinstance(each, Request))


def _kept_by_its_task(request: Any) -> bool:
    """Whether the task has a strategy of its own, which may collect messages as celery-batches does."""
    strategy = str(getattr(request.task, "Strategy", ""))
    return not strategy.startswith(("celery.worker.", "celery_platform."))


def request_of(callback: Any) -> Any:
    """Return the request whose method a callback is; `None` for anything else.

    Example: `request_of(request.on_success) is request`
    """
    owner = getattr(callback, "__self__", None)
    return owner if isinstance(owner, Request) else None


def active(request: Any) -> bool:
    """Whether a task runs for the request, or goes on although nobody waits for it: it was revoked or cancelled."""
    return request in state.active_requests or request._already_revoked or request._already_cancelled

"""The strategy of a turbo process: what Celery does for a task, without a request object while all goes well.

Taken the fast way: JSON messages of protocol 2 that are to run now. All others take Celery's own strategy, message by
message: see `_plain`. A task that fails, retries, rejects or is ignored gets Celery's request object for what follows.
"""

import logging
from collections.abc import Callable
from functools import partial
from json import JSONDecoder
from typing import Any

from celery.app import trace
from celery.app.task import Context
from celery.exceptions import WorkerShutdown, WorkerTerminate
from celery.utils.imports import symbol_by_name
from celery.worker import state
from celery.worker.request import Request
from celery.worker.strategy import default
from kombu.serialization import prepare_accept_content
from kombu.utils.json import object_hook

from celery_platform.observability import outcome
from celery_platform.transports.worker_channel import WorkerChannel
from celery_platform.turbo.results.deferring import DefersResults
from celery_platform.turbo.worker.celery_request import celery_request, raised
from celery_platform.turbo.worker.fast_strategy import FastStrategy
from celery_platform.turbo.worker.pool import TaskPool
from celery_platform.turbo.worker.without_request import ATTRIBUTE, Limits, WithoutRequest

logger = logging.getLogger("celery.worker.strategy")
JSON = "application/json"
decode = JSONDecoder(object_hook=object_hook).decode
# Headers of Celery's own; what is left are the task's, as `Context._get_custom_headers` has it.
OWN_HEADERS = frozenset({*vars(Context), "lang", "task", "argsrepr", "kwargsrepr", "compression"})
NO_LIMITS = (None, [None, None], (None, None))
LIMIT_TYPES = (int, float, type(None))
NOTHING_ADDED = WithoutRequest()


def strategy(task: Any, app: Any, consumer: Any) -> Callable[..., Any]:
    """For `Task.Strategy`: a `FastStrategy` where messages of the task may go the fast way, or else Celery's own.

    Celery calls it with the task, its application and the consumer that the messages come from.
    """
    stock: Callable[..., Any] = default(task, app, consumer)
    return FastStrategy(stock, _fast(task, app, consumer)) if _possible(task, app, consumer) else stock


def _possible(task: Any, app: Any, consumer: Any) -> bool:
    """Whether any message of this task may go the fast way."""
    accept = prepare_accept_content(app.conf.accept_content)
    return isinstance(consumer.pool, TaskPool) and bool(_without_request(task)) and (accept is None or JSON in accept)


def _without_request(task: Any) -> WithoutRequest | None:
    """What stands for the requests of a task; `None` where its class of requests has to see each message."""
    requests = symbol_by_name(task.Request)
    found: WithoutRequest | None = vars(requests).get(ATTRIBUTE)
    return NOTHING_ADDED if requests is Request else found


def _fast(task: Any, app: Any, consumer: Any) -> Callable[[Any, Any], bool]:
    """The function that runs a message of `task`, or returns false where it needs Celery's own strategy.

    What cannot change while this consumer lives is looked up here, once, and captured, as Celery's own strategy does
    (`celery.worker.strategy.default`): the function runs for every message. What can change is read each time: limits
    of the task, rate limits, receivers of signals.
    """
    name, late, hostname = task.name, task.acks_late, consumer.hostname
    total, all_total, succeeded = state.total_count, state.all_total_count, state.successful_requests
    pool, of = consumer.pool, _without_request(task) or NOTHING_ADDED
    make_request = partial(celery_request, task, app, consumer)
    begin, end = _around(task, pool) if late else (pool.begin, pool.end)
    remembers = app.conf.worker_deduplicate_successful_tasks  # nobody else reads it
    informs = logger.isEnabledFor(logging.INFO)
    plain, done = _plain(task, consumer), _done(pool, of, late=late)

    def fast(message: Any, callbacks: Any) -> bool:
        headers = message.headers
        uuid = headers.get("id")
        if type(uuid) is not str or not plain(message, headers, callbacks):
            return False
        try:
            args, kwargs, embed = _decoded(message.body)
            request = _context(message, headers, hostname, args, kwargs, dict(embed))
            hard, soft = of.limits(_limits(headers), task, message.delivery_info)
        except (ValueError, TypeError):
            return False
        if informs:
            _inform(uuid, name, headers)
        outcome.received(name)
        total[name] += 1
        all_total[0] += 1
        if not late:
            _acknowledge_now(message)
        pool.running_request = lambda: make_request(message, acknowledged=not late)
        begin(uuid, soft or task.soft_time_limit, hard or task.time_limit)
        try:
            result, info, runtime, _text = task.__trace__(uuid, args, kwargs, request)
        except (WorkerShutdown, WorkerTerminate):
            end()
            raise
        except BaseException as error:
            end()
            raised(make_request(message, acknowledged=not late), error)
            return True
        end()
        if info is not None:
            make_request(message, acknowledged=not late).on_success((1, result, runtime))
            return True
        if remembers:
            succeeded.add(uuid)
        done(name, uuid)
        if late:
            message.ack()
        return True

    return fast


def _done(pool: TaskPool, of: WithoutRequest, *, late: bool) -> Callable[[str, str], None]:
    """The function that settles a message whose task succeeded, by the task's name and id.

    One that is acknowledged late is noted before it is: that may be the acknowledgement for which the channel stores
    all results and sends. Where that raises, it remains among them, and is settled as its connection settles the
    others.
    """

    def done(name: str, uuid: str) -> None:
        if late and pool.unstored is not None:
            pool.unstored.add(of, name, uuid)
        else:
            of.done(name, uuid)

    return done


def _plain(task: Any, consumer: Any) -> Callable[[Any, dict[str, Any], Any], bool]:
    """The function that says whether a message with these headers and callbacks needs no more than running it now."""
    name, buckets, eventer = task.name, consumer.task_buckets, consumer.event_dispatcher
    revoked = consumer.controller.state.revoked
    limits_apply = not consumer.disable_rate_limits

    def plain(message: Any, headers: dict[str, Any], callbacks: Any) -> bool:
        get = headers.get
        return not (
            get("eta")
            or get("expires")
            or not _are_limits(get("timelimit"))
            or get("stamped_headers")
            or message.content_type != JSON
            or message.content_encoding != "utf-8"
            or get("shadow")
            or headers["id"] in revoked
            or callbacks
            or outcome.requests_wanted()
            or (limits_apply and buckets[name])
            or (eventer and eventer.enabled and task.send_events)
        )

    return plain


def _are_limits(given: Any) -> bool:
    """Whether a message's header `timelimit` is one that Celery writes."""
    return given in NO_LIMITS or (
        isinstance(given, list | tuple) and len(given) == 2 and all(type(limit) in LIMIT_TYPES for limit in given)
    )


def _limits(headers: dict[str, Any]) -> Limits:
    hard, soft = headers.get("timelimit") or NO_LIMITS[1]
    return hard, soft


def _context(
    message: Any, headers: dict[str, Any], hostname: str, args: Any, kwargs: Any, embed: dict[str, Any]
) -> dict[str, Any]:
    """What the tracer makes the task's `request` of, as `celery.worker.request.Request` puts it together."""
    properties, delivery = message.properties, message.delivery_info
    return {
        **headers,
        # `None` without, as `Context` has it.
        "headers": {key: value for key, value in headers.items() if key not in OWN_HEADERS} or None,
        "properties": properties,
        "reply_to": properties.get("reply_to"),
        "correlation_id": properties.get("correlation_id"),
        "hostname": hostname,
        "delivery_info": {
            "exchange": delivery.get("exchange"),
            "routing_key": delivery.get("routing_key"),
            "priority": properties.get("priority"),
            "redelivered": delivery.get("redelivered", False),
        },
        "args": args,
        "kwargs": kwargs,
        "is_eager": False,
        **embed,
    }


def _around(task: Any, pool: TaskPool) -> tuple[Callable[..., None], Callable[[], None]]:
    """What begins and ends a task acknowledged late: its result may wait until its message is acknowledged."""
    backend = task.backend
    if not isinstance(backend, DefersResults):
        return pool.begin, pool.end

    def begin(task_id: str, soft: float | None, hard: float | None) -> None:
        # Read each time: Celery makes strategies before or after the step that allows it, as the hash seed has it.
        backend.defers = backend.may_defer
        pool.begin(task_id, soft, hard)

    def end() -> None:
        backend.defers = False
        pool.end()

    return begin, end


def _decoded(body: Any) -> Any:
    """The arguments, keyword arguments and canvas of a message's body. A `ValueError` if it is not JSON in UTF-8."""
    return decode(body if type(body) is str else body.decode())


def _acknowledge_now(message: Any) -> None:
    """Tell the broker before the task begins (`acks_late=False`)."""
    channel: WorkerChannel = message.channel
    message.ack()
    channel.flush_acknowledgements()


def _inform(uuid: str, name: str, headers: dict[str, Any]) -> None:
    context = {
        "id": uuid, "name": name, "args": headers.get("argsrepr", ""), "kwargs": headers.get("kwargsrepr", ""),
        "eta": None,
    }  # fmt: skip
    logger.info(trace.LOG_RECEIVED, context, extra={"data": context})

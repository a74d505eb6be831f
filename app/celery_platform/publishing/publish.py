"""`publish_many`."""

from collections.abc import Iterable, Sequence
from typing import Any

from celery import Task

from celery_platform.publishing.capture import Call
from celery_platform.publishing.delayed import Delayed, is_long
from celery_platform.publishing.messages import Messages
from celery_platform.publishing.one_by_one import OneByOne
from celery_platform.publishing.outcome import Failure, NotPublishedError, Published
from celery_platform.publishing.stream import Stream

# Enough that no message waits for another's round trip; more only means more to repeat after a lost connection.
OUTSTANDING = 1_000
PATIENCE_SECONDS = 30.0


def publish_many(
    task: Task[Any, Any],
    calls: Iterable[Call],
    *,
    outstanding: int = OUTSTANDING,
    patience: float = PATIENCE_SECONDS,
    **options: Any,
) -> Published:
    """Publish a message for each of `calls` (pairs of args and kwargs), each as the task's `apply_async` makes it.

    `options` are those of `apply_async`, for all calls. At most `outstanding` messages are unconfirmed at a time.
    Returns when the broker has confirmed every message. After a lost connection the unconfirmed are sent again under
    the same ids: the broker may have both copies, and `repeated` of the answer names them.
    Celery's signal `after_task_publish` and its event `task-sent` are sent for each message that the broker has
    confirmed, when all were sent. (Where a task has an `apply_async` of its own, Celery sends the signal when that has
    made the message.) The messages are no children of a task that publishes them.
    With a delay that the queue may not hold, messages are kept in the result store, as with `apply_async`.

    Raises:
        TypeError: a call has arguments that the task does not take. Nothing was sent.
        NotPublishedError: names the messages that were refused, have no queue to go to, or were still unconfirmed when
            `patience` seconds had passed without any confirmation.

    Example: `publish_many(ship, [(("order-1",), {}), (("order-2",), {})]).ids`
    """
    listed: Sequence[Call] = list(calls)
    if not listed:
        return Published([])
    if is_long(task, options):
        delayed = Delayed(task, listed, options)
        delayed.run()
        return _outcome(delayed.ids, delayed)
    messages = Messages(task, listed, options)
    pool: Any = task.app.pool
    with pool.acquire(block=True) as connection:
        if connection.transport.driver_name == "py-amqp":
            sent: Stream | OneByOne = Stream(connection, messages, outstanding, patience)
        else:
            sent = OneByOne(connection, messages)
        sent.run()
        messages.send_signals_of(sent.confirmed, connection)
    return _outcome(messages.ids, sent)


def _outcome(ids: Sequence[str], sent: Stream | OneByOne | Delayed) -> Published:
    confirmed, repeated = sorted(sent.confirmed), sent.repeated & sent.confirmed
    published = Published([ids[index] for index in confirmed], frozenset(ids[index] for index in repeated))
    if sent.refused:
        raise NotPublishedError(
            [Failure(index, ids[index], reason) for index, reason in sorted(sent.refused.items())], published
        )
    return published

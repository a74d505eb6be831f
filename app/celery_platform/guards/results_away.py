"""A producer waits for the result store with every task that it publishes, and without limit if the store hangs.

Celery's Redis backend subscribes to a task's result before the task is published (`RedisBackend.on_task_call`), and to
the parts of a group when the group is created. The only purpose is that a later `get()` receives results immediately.
While the store refused connections, each `delay()` raised "The Celery application must be restarted" after 19 s. While
the store hung, a call blocked for more than 240 s, whatever the broker did. After such a failure, the consumer of
results also believes that it is subscribed although it is not, and under gevent it has stopped for good. Here, the
store is not used before a caller waits for a result. The caller subscribes, waits for the confirmation, and then reads
the stored result: it either exists already or will be published to the subscription. Publishing saves the round trip. A
chord still needs the store when it is published, because its parts are counted there. Unnecessary as soon as Celery's
`on_task_call` does not wait; `tests/celery_platform/guards` shows it without the guard.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from celery.backends import redis as celery_redis
from redis import exceptions

from celery_platform.guards.chord_body import KeepsChords

# The longest time for a reply of the store, in seconds (`redis_socket_timeout`).
ANSWER_SECONDS = 10.0
_SUBSCRIBED = "subscribed"


def subscribe_when_waiting(app: Celery) -> None:
    """Make this application use the guarded backend for Redis URLs, unless it has registered another one.

    Example: `subscribe_when_waiting(app)`, before the first use of `app.backend`
    """
    backend = f"{__name__}:Backend"
    app.loader.override_backends = {"redis": backend, "rediss": backend, **app.loader.override_backends}


class Consumer(celery_redis.ResultConsumer):  # type: ignore[misc, name-defined]
    """Celery's consumer of results, but it subscribes only when a caller waits for a result.

    Registering and dropping a result take neither a lock nor a round trip, because both happen while a producer
    publishes; a drop may happen at any line, when Python garbage-collects a result.
    """

    _pubsub: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted: set[Any] = set()
        self._process = os.getpid()

    def consume_from(self, task_id: str) -> None:
        """Record that a caller wants the result; the next wait subscribes to it."""
        self._wanted.add(self._get_key_for_task(task_id))

    def cancel_for(self, task_id: str) -> None:
        """Record that no caller wants the result any more; the next wait unsubscribes."""
        key = self._get_key_for_task(task_id)
        self._wanted.discard(key)
        if key in self.subscribed_to:
            self._pending_unsubscribe.add(key)

    def on_wait_for_pending(self, result: Any, **kwargs: Any) -> None:
        """Subscribe to the wanted results before Celery reads the stored ones.

        Raises:
            redis.exceptions.RedisError: the store is unavailable; a later wait may succeed.
        """
        self._subscribe()
        super().on_wait_for_pending(result, **kwargs)

    def drain_events(self, timeout: float | None = None) -> None:
        """Like Celery's. A failed subscription is tried again with the next call; callers retry after an `OSError`."""
        try:
            self._subscribe()
            super().drain_events(timeout)
        except exceptions.RedisError as error:
            raise ConnectionError(f"the result store is unavailable: {error}") from error

    @contextmanager
    def reconnect_on_error(self) -> Iterator[None]:
        """A context in which an error drops the subscriptions. The next wait subscribes again, without a restart."""
        try:
            yield
        except TimeoutError:  # no result has arrived, which is not an error
            raise
        except self._connection_errors:
            self._drop()
            raise

    def on_after_fork(self) -> None:
        """Like Celery's. A forked child subscribes on its own connection."""
        super().on_after_fork()
        self._pubsub = None

    def _subscribe(self) -> None:
        """Subscribe to the wanted results and then read them: in this order, no result can be missed."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._after_fork()
        with self._locked():
            before = self._pubsub
            try:
                self._subscribe_and_read()
            except exceptions.ConnectionError:
                if before is None:
                    raise
                self._subscribe_and_read()  # the connection was made before the outage of the store

    def _subscribe_and_read(self) -> None:
        if self._pubsub is None:
            self._wanted |= self.subscribed_to - self._pending_unsubscribe
            self.subscribed_to.clear()
            self._pending_unsubscribe.clear()
            self._pubsub = self.backend.client.pubsub(ignore_subscribe_messages=True)
        keys = list(self._wanted)
        if not keys:
            return
        self._pending_unsubscribe.difference_update(keys)
        self.subscribed_to.update(keys)
        with self.reconnect_on_error():
            self._pubsub.subscribe(*keys)
            self._pubsub.connection.register_connect_callback(self._not_unnoticed)
            self._wait_until_subscribed()
            stored = self.backend.client.mget(keys)
        self._wanted.difference_update(keys)
        for meta in filter(None, stored):
            self.on_state_change(self._decode_result(meta), None)
        # A result that was read may belong to another thread.
        self._pubsub_read.notify_all()

    def _wait_until_subscribed(self) -> None:
        """Wait for the reply to a ping. The store replies in order, so it then has all earlier subscriptions.

        Otherwise it might first read a value for another connection, and a result might be published in between.
        """
        self._pubsub.ping(_SUBSCRIBED)
        end = time.monotonic() + ANSWER_SECONDS
        while (left := end - time.monotonic()) > 0:
            message = self._pubsub.get_message(timeout=left)
            if message is None:
                continue
            if message["type"] == "pong":
                return
            if message["type"] == "message":
                self.on_state_change(self._decode_result(message["data"]), message)
        raise exceptions.TimeoutError("no answer to a subscription")

    def _not_unnoticed(self, _connection: Any) -> None:
        """Fail on a broken connection. redis-py would silently reconnect, and miss results published meanwhile."""
        raise exceptions.ConnectionError("the connection for results was broken")

    def _drop(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            if pubsub.connection is not None:  # which returns to the pool
                pubsub.connection.deregister_connect_callback(self._not_unnoticed)
            pubsub.close()


class Backend(KeepsChords):
    """Celery's Redis backend, without waits in producers."""

    ResultConsumer = Consumer

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Do not subscribe when a task is published; `get()` does."""

"""Celery's Redis result backend, which stores the results of several tasks before their messages are acknowledged."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from celery import states
from celery.exceptions import BackendStoreError

from celery_platform.guards.chord_body import KeepsChords
from celery_platform.turbo.results.deferring import DefersResults

# Key, encoded result, seconds until it expires, state.
Stored = tuple[str, str, int | None, str]


class RedisBackend(DefersResults, KeepsChords):
    """While `defers` is true, final results wait for `flush`. Messages are acknowledged after it, so no result is lost.

    Stock Celery asks, for each result, whether the task has succeeded before, and then stores it: two round trips.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[Stored] = deque()
        # The keepalive thread flushes while a task runs, which may do so itself. Whoever acknowledges must not find
        # nothing waiting while the other is still storing it.
        self._storing = threading.RLock()

    def _store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any
    ) -> Any:
        if not self.defers or state not in states.READY_STATES:  # others ask for the state of a task that runs
            self.flush()
            return super()._store_result(task_id, result, state, traceback=traceback, request=request, **kwargs)
        meta = self._get_result_meta(result=result, state=state, traceback=traceback, request=request)
        value: str = self.encode(meta | {"task_id": task_id})
        if len(value) > self._MAX_STR_VALUE_SIZE:
            raise BackendStoreError("value too large for Redis backend")
        expires = self.failure_expires if state == states.FAILURE else self.expires
        self._waiting.append((self.get_key_for_task(task_id), value, expires, state))
        return result

    def flush(self) -> None:
        """Store the results that wait, with two round trips for all.

        Raises:
            redis.RedisError: the store does not answer, after all of Celery's retries. The results still wait; do not
                acknowledge their messages.
        """
        with self._storing:
            taken = [self._waiting[index] for index in range(len(self._waiting))]  # others may append meanwhile
            if not taken:
                return
            self.ensure(self._store, (taken,))
            for _ in taken:
                self._waiting.popleft()

    def _store(self, results: Sequence[Stored]) -> None:
        before = self.client.mget([key for key, *_ in results])
        succeeded = {
            key: found
            for (key, *_), found in zip(results, before, strict=True)
            if found and self.decode_result(found)["status"] == states.SUCCESS
        }
        with self.client.pipeline(transaction=False) as pipe:
            for key, value, expires, state in results:
                if key not in succeeded:
                    pipe.set(key, value, ex=expires or None)
                    if state == states.SUCCESS:  # of two copies of a message that ran together, too
                        succeeded[key] = value
                # Also what is there: a connection that broke may have stored it without an answer.
                pipe.publish(key, succeeded.get(key, value))
            pipe.execute()

    def get(self, key: str) -> Any:
        """What is stored under a key, after the results that wait were stored."""
        self.flush()
        return super().get(key)

    def mget(self, keys: Sequence[str]) -> Any:
        """What is stored under several keys, after the results that wait were stored."""
        self.flush()
        return super().mget(keys)

    def on_chord_part_return(self, *args: Any, **kwargs: Any) -> Any:
        """Count a part of a chord, whose body may begin then: the results of its parts are stored before."""
        self.flush()
        return super().on_chord_part_return(*args, **kwargs)

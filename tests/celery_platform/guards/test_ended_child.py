"""A prefork worker connects anew although a child that has ended is still in its pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.concurrency import prefork
from celery.concurrency.asynpool import AsynPool
from celery_platform.guards import ended_child
from kombu.asynchronous import Hub, set_event_loop


@contextmanager
def connected_with_an_ended_child(pool_class: Any) -> Iterator[tuple[Any, Any]]:
    """A pool of two in an event loop that has seen the first child's pipe close, and has not joined it yet."""
    hub = Hub()
    set_event_loop(hub)
    pool = pool_class(processes=2, threads=False)
    try:
        pool.register_with_event_loop(hub)
        pool._untrack_child_process(pool._pool[0], hub)
        yield pool, hub
    finally:
        pool.terminate()
        pool.join()
        hub.close()
        set_event_loop(None)


def test_the_next_connection_leaves_the_child_to_be_joined() -> None:
    with connected_with_an_ended_child(ended_child.Pool) as (pool, hub):
        pool.register_with_event_loop(hub)

        assert len(pool._pool) == 2


def test_other_children_are_watched_by_the_next_connection() -> None:
    with connected_with_an_ended_child(ended_child.Pool) as (pool, hub):
        watched = pool._pool[1]._sentinel_poll
        hub.remove(watched)

        pool.register_with_event_loop(hub)

        assert watched in hub.readers


def test_without_the_guard_the_worker_ends() -> None:
    with connected_with_an_ended_child(AsynPool) as (pool, hub), pytest.raises(ValueError, match="descriptor is None"):
        pool.register_with_event_loop(hub)


def test_a_prefork_worker_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefork.TaskPool, "Pool", AsynPool)

    ended_child.install()

    assert prefork.TaskPool.Pool is ended_child.Pool

"""A pool by itself, with a Celery application whose broker and store are memory."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, _state
from celery.utils import threads
from celery_platform.worker.asyncio_pool.pool import TaskPool

from .sent import Made


@pytest.fixture
def app() -> Any:
    return Celery("coroutines", broker="memory://", backend="cache+memory://", set_as_current=False)


@pytest.fixture
def made(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Start a pool of so many slots; Celery finds its current task as before once the test has ended."""
    monkeypatch.setattr(threads, "get_ident", threads.get_ident)
    stack: Any = _state._task_stack  # type: ignore[attr-defined] # has no stub
    before, pools = stack.__ident_func__, []

    def start(slots: int) -> TaskPool:
        pool = TaskPool(slots, app=app)
        pool.start()
        pools.append(pool)
        return pool

    yield start
    for pool in pools:
        pool.stop()
    stack.__ident_func__ = before

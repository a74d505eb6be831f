"""The loop of a worker: it survives its tasks, and says which of them blocks it."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from celery_platform.worker.asyncio_pool.event_loop import EventLoop
from celery_platform.worker.asyncio_pool.watch import Watch

from tests.harness.waiting import eventually


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    loop.start()
    yield loop
    loop.stop()
    assert not loop.thread.is_alive()


def on(loop: EventLoop, body: Any) -> "Future[Any]":
    return asyncio.run_coroutine_threadsafe(body, loop.asyncio)


def test_calls_from_other_threads_come_in_their_order(loop: EventLoop) -> None:
    seen: list[int] = []
    for number in range(1_000):
        loop.call(seen.append, number)

    eventually(lambda: len(seen) == 1_000, "all calls", 10)
    assert seen == list(range(1_000))


def test_a_call_that_fails_keeps_no_other_from_being_made(loop: EventLoop) -> None:
    seen: list[int] = []
    loop.call(int, "no number")
    loop.call(seen.append, 1)

    eventually(lambda: seen, "the second call", 10)


def test_what_a_task_left_on_the_loop_cannot_end_it(loop: EventLoop) -> None:
    left = []

    async def end() -> None:
        sys.exit(3)

    loop.call(lambda: left.append(loop.asyncio.create_task(end())))

    assert on(loop, asyncio.sleep(0.1, "goes on")).result(5) == "goes on"
    assert isinstance(left[0].exception(), SystemExit)


def test_what_tasks_left_is_cancelled_at_the_end() -> None:
    loop, ended = EventLoop(), []
    loop.start()

    async def keep() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    on(loop, keep())
    on(loop, asyncio.sleep(0)).result(5)
    loop.stop()

    assert ended == ["cleaned up"]


def test_a_coroutine_that_blocks_is_named_once(loop: EventLoop, caplog: pytest.LogCaptureFixture) -> None:
    async def a_body_that_blocks() -> None:
        time.sleep(3)

    watch = Watch(loop)
    watch.start()
    with caplog.at_level(logging.ERROR):
        on(loop, a_body_that_blocks()).result(10)
    watch.stop()

    (said,) = [record.getMessage() for record in caplog.records]
    assert "a coroutine has blocked the event loop for" in said
    assert "in a_body_that_blocks" in said


def test_a_loop_that_turns_is_not_blocked(loop: EventLoop) -> None:
    on(loop, asyncio.sleep(0.6)).result(5)

    assert loop.blocked_seconds() < 0.5

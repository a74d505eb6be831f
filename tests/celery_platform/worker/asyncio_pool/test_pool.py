"""The pool by itself, with a Celery application whose broker and store are memory."""

import asyncio
import threading
import time
from typing import Any

import pytest
from celery_platform.transports import ending
from celery_platform.worker.asyncio_pool import pool as pool_module
from celery_platform.worker.asyncio_pool import run as run_module
from celery_platform.worker.asyncio_pool.pool import TRACERS

from tests.harness.waiting import eventually

from .sent import Made, Sent, declared


def test_hundreds_of_coroutines_need_no_threads_of_their_own(app: Any, made: Made) -> None:
    most = []

    @declared(app, "wait")
    async def wait() -> None:
        await asyncio.sleep(1)
        most.append(threading.active_count())

    before = threading.active_count()
    pool = made(300)
    sent = [Sent(pool, wait, number) for number in range(300)]

    eventually(lambda: all(each.ended for each in sent), "all", 60)
    assert max(most) <= before + TRACERS + 2  # and the loop, and its watch


def test_a_new_run_does_not_wait_for_one_that_waits_for_the_broker(app: Any, made: Made) -> None:
    go_on, waiting = threading.Event(), threading.Event()

    def settle() -> None:
        waiting.set()
        go_on.wait(10)

    @declared(app, "quick")
    async def quick() -> None:
        await asyncio.sleep(0)

    pool = made(2)
    slow = Sent(pool, quick, settle=settle)
    assert waiting.wait(10)
    other = Sent(pool, quick, 1)

    eventually(lambda: other.ended, "the other", 5)
    assert not slow.ended
    go_on.set()
    eventually(lambda: slow.ended, "the slow one", 10)


def test_both_kinds_of_task_share_the_slots(app: Any, made: Made) -> None:
    go_on = threading.Event()

    @declared(app, "plain")
    def plain() -> None:
        go_on.wait(10)

    @declared(app, "coroutine")
    async def coroutine() -> None:
        await asyncio.sleep(0)

    pool = made(1)
    first, second = Sent(pool, plain), Sent(pool, coroutine)

    eventually(lambda: first.accepted, "the first", 10)
    assert (len(pool.places().running), len(pool.places().waiting)) == (1, 1)
    assert not second.accepted
    go_on.set()
    eventually(lambda: second.ended, "the second", 10)


def test_nothing_begins_that_waits_for_a_slot_until_it_is_too_late(
    app: Any, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    @declared(app, "short")
    async def short() -> None:
        await asyncio.sleep(0.5)

    pool = made(1)
    first, late = Sent(pool, short), Sent(pool, short, 1)
    eventually(lambda: first.accepted, "the first", 10)
    monkeypatch.setattr(ending.Ending, "due", 0.0)

    eventually(lambda: first.ended and not pool.places().waiting, "its end", 10)
    time.sleep(0.2)
    assert not late.accepted


def test_acknowledgements_are_sent_before_a_stop_waits_for_what_tasks_left(
    app: Any, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, order = [], []

    async def clean_up_slowly() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.5)
            order.append("cleaned up")

    @declared(app, "leave")
    async def leave() -> None:
        left.append(asyncio.create_task(clean_up_slowly()))
        await asyncio.sleep(0.1)

    pool = made(1)
    sent = Sent(pool, leave)
    eventually(lambda: sent.ended, "its end", 10)
    monkeypatch.setattr(pool_module, "serve_connection", lambda: order.append("served"))
    pool.stop()

    assert order == ["served", "cleaned up"]


def test_a_coroutine_that_heeds_no_cancellation_keeps_its_slot_for_a_while_only(
    app: Any, made: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(run_module, "CLEAN_UP_SECONDS", 0.3)

    @declared(app, "deaf")
    async def deaf() -> None:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            try:
                await asyncio.sleep(3)
            except asyncio.CancelledError:
                continue

    pool = made(1)
    first = Sent(pool, deaf, timeout=0.2)
    second = Sent(pool, deaf, 1, timeout=0.2)

    eventually(lambda: second.accepted, "its slot", 2)
    assert first.timed_out == [(False, 0.2)]
    assert "a cancelled task still runs after 0.3 s" in caplog.text
    eventually(second.is_over, "the second", 10)


def test_a_pool_is_stuck_when_no_limit_can_end_what_blocks_its_loop(
    app: Any, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "CLEAN_UP_SECONDS", 0.2)

    @declared(app, "block", time_limit=0.3)
    async def block() -> None:
        time.sleep(2)

    pool = made(1)
    assert not pool.stuck()
    sent = Sent(pool, block)

    eventually(pool.stuck, "the pool to be stuck", 10)
    eventually(lambda: sent.ended and not pool.stuck(), "the pool to go on", 10)


def test_a_plain_task_cannot_be_terminated(app: Any, made: Made) -> None:
    go_on = threading.Event()

    @declared(app, "plain")
    def plain() -> None:
        go_on.wait(10)

    pool = made(1)
    sent = Sent(pool, plain)
    eventually(lambda: sent.accepted, "its begin", 10)

    with pytest.raises(NotImplementedError, match="runs in a thread, which cannot be interrupted"):
        pool.terminate_job(sent.accepted[0])
    go_on.set()
    eventually(lambda: sent.ended, "its end", 10)


@pytest.mark.parametrize("name", ["again", "plain"])
def test_a_direct_call_of_a_coroutine_function_is_a_coroutine(app: Any, made: Made, name: str) -> None:
    found: list[Any] = []

    @declared(app, "other")
    async def other() -> int:
        return 7

    @declared(app, "again")
    async def again() -> None:
        found.append(await other())

    @declared(app, "plain")
    def plain() -> None:
        found.append(asyncio.run(other()))

    pool = made(2)
    sent = Sent(pool, app.tasks[name])

    eventually(lambda: sent.ended, "its end", 10)
    assert found == [7]

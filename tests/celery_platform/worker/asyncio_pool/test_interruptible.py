"""A coroutine is interrupted where it waits, and what it started ends with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from celery_platform.worker.asyncio_pool.interruptible import BodyExitError, Interruptible


def interrupted(body: Coroutine[Any, Any, Any]) -> Any:
    """Run a body that reaches its soft limit once it waits."""

    async def run() -> Any:
        interruptible = Interruptible(body)
        task = asyncio.create_task(interruptible)
        await asyncio.sleep(0.01)
        interruptible.soft_limit = 7
        task.cancel()
        return await task

    return asyncio.run(run())


def test_the_limit_leaves_the_body_as_celerys_exception() -> None:
    with pytest.raises(SoftTimeLimitExceeded) as raised:
        interrupted(asyncio.sleep(9))

    assert type(raised.value) is SoftTimeLimitExceeded
    assert raised.value.args == (7,)


def test_a_body_may_catch_the_limit_and_go_on() -> None:
    async def body() -> str:
        try:
            await asyncio.sleep(9)
        except SoftTimeLimitExceeded:
            async with asyncio.timeout(1), asyncio.TaskGroup() as group:
                part = group.create_task(asyncio.sleep(0.01, "went on"))
        return part.result()

    assert interrupted(body()) == "went on"


@pytest.mark.parametrize("start", [asyncio.gather, lambda part: asyncio.wait_for(part, 9)])
def test_what_the_body_waits_for_is_cancelled(start: Any) -> None:
    ended = []

    async def part() -> None:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def body() -> None:
        await start(part())

    with pytest.raises(SoftTimeLimitExceeded):
        interrupted(body())
    assert ended == ["cancelled"]


def test_a_task_group_ends_its_parts_before_the_limit_leaves_it() -> None:
    order = []

    async def part() -> None:
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(0.01)
            order.append("part")

    async def body() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(part())
        finally:
            order.append("body")

    with pytest.raises(SoftTimeLimitExceeded) as raised:
        interrupted(body())
    assert type(raised.value) is SoftTimeLimitExceeded
    assert order == ["part", "body"]


def test_a_cancellation_of_the_bodys_own_stays_one() -> None:
    async def body() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(9)
        except TimeoutError:
            return "its own timeout"
        return "none"

    async def run() -> Any:
        return await asyncio.create_task(Interruptible(body()))

    assert asyncio.run(run()) == "its own timeout"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_what_would_end_the_event_loop_ends_the_body_alone(error: BaseException) -> None:
    async def body() -> None:
        await asyncio.sleep(0)
        raise error

    async def run() -> Any:
        return await asyncio.create_task(Interruptible(body()))

    with pytest.raises(BodyExitError) as raised:
        asyncio.run(run())
    assert raised.value.raised is error

"""`async def` tasks, where the pool `io` is one for them; they write a line to a file when they run."""

import asyncio
import logging
from typing import Any

from celery import current_task
from celery.exceptions import SoftTimeLimitExceeded
from celery_platform.reliability.deadline import deadline
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.idempotent import fencing_token, idempotent
from celery_platform.reliability.rate_limit import RateLimit

from exercises.celery import celery
from exercises.pool_types import is_asyncio
from exercises.probe import note

logger = logging.getLogger(__name__)

if is_asyncio("io"):

    @celery.task(bind=True, name="probe.coroutine.slow", ignore_result=False)
    async def slow(self: Any, file: str, seconds: float) -> str:
        """Wait, and return the task's own id as each part of it knows it."""
        note(file, "begins")
        await asyncio.sleep(seconds)
        logger.info("half way")
        own = {self.request.id, await asyncio.create_task(id_of_current()), await asyncio.to_thread(current_id)}
        note(file, "ends")
        return ",".join(own)

    @celery.task(bind=True, name="probe.coroutine.again", max_retries=2, ignore_result=False)
    async def again(self: Any, file: str) -> int:
        """Retry once by itself, and once for a transient error."""
        await asyncio.sleep(0)
        note(file, f"try {self.request.retries}")
        if self.request.retries == 0:
            raise self.retry(countdown=0)
        if self.request.retries == 1:
            raise TransientError("not yet")
        return int(self.request.retries)

    @celery.task(name="probe.coroutine.add", ignore_result=False)
    async def add(*numbers: Any) -> int:
        """Add numbers, or lists of them."""
        await asyncio.sleep(0.01)
        return sum(sum(each) if isinstance(each, list) else each for each in numbers)

    @celery.task(name="probe.coroutine.hang", ignore_result=False)
    async def hang(file: str) -> None:
        """Wait with a part until both are interrupted, and clean up."""
        note(file, "begins")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(part(file))
                await asyncio.sleep(60)
        except* SoftTimeLimitExceeded:
            note(file, "soft limit")
            raise
        finally:
            await asyncio.sleep(0.01)
            note(file, "cleaned up")

    @celery.task(bind=True, name="probe.coroutine.once", ignore_result=False)
    @deadline(3_600)
    @idempotent(key=lambda key, **_: f"probe:{key}", lease_seconds=3)
    async def once(self: Any, key: str, file: str) -> str:
        """Have an effect once for each key."""
        note(file, f"start {fencing_token(self)}")
        await asyncio.sleep(1)
        note(file, "end")
        return key

    @celery.task(name="probe.coroutine.late", ignore_result=False)
    @deadline(3_600)
    async def late(file: str) -> None:
        """Run only in time."""
        note(file, "ran")

    @celery.task(bind=True, name="probe.coroutine.limited", ignore_result=False)
    async def limited(self: Any, file: str, name: str) -> None:
        """Run at most so often a minute that each but the first waits for its turn."""
        await RateLimit(name, per_minute=20).admit_async(self)
        note(file, "ran")

    @celery.task(name="probe.coroutine.stubborn", ignore_result=False)
    async def stubborn(file: str) -> None:
        """Go on after the soft limit."""
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except SoftTimeLimitExceeded:
                note(file, "soft limit")
            except asyncio.CancelledError:
                note(file, "cancelled")
                raise

    async def part(file: str) -> None:
        """A part of a task, which is cancelled with it."""
        try:
            await asyncio.sleep(60)
        finally:
            note(file, "part ended")

    async def id_of_current() -> str:
        """The id of the task that this is a part of."""
        return current_id()

    def current_id() -> str:
        """The id of the current task."""
        return str(current_task.request.id)

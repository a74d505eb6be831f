"""The bodies of `endings.py` that take their time, on an event loop."""

import asyncio
from contextlib import suppress

from celery.exceptions import SoftTimeLimitExceeded


async def sleep() -> None:
    """Take eight seconds."""
    await asyncio.sleep(8)


async def stubborn() -> None:
    """Do not heed the soft limit."""
    with suppress(SoftTimeLimitExceeded):
        await asyncio.sleep(8)
    await asyncio.sleep(8)


COROUTINES = {"runs longer than its soft limit": sleep, "runs longer than its hard limit": stubborn}

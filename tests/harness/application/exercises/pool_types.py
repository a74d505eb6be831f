"""The types of the environment's pools: an application with `async def` tasks runs where their pool is `asyncio`."""

from celery_platform.settings import runtime
from celery_platform.settings.chosen import is_chosen


def is_asyncio(pool: str) -> bool:
    """Whether the environment has a pool of this name, which can run `async def` tasks.

    Example: `is_asyncio("io")`
    """
    found = runtime().environment.pools.get(pool) if is_chosen() else None
    return found is not None and found.type == "asyncio"

"""The types of the environment's pools: an application with `async def` tasks runs where their pool is `asyncio`."""

from celery_platform.settings import runtime
from celery_platform.settings.chosen import is_chosen


def is_asyncio(pool: str) -> bool:
    """Whether the pool of this name can run `async def` tasks.

    Example: `is_asyncio("io")`
    """
    return is_chosen() and runtime().environment.pools[pool].type == "asyncio"

"""Section `timeline`: how much of what became of tasks is kept."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Timeline(Closed):
    """What became of each attempt at a task is kept in the result store, for `app task` and the console.

    Example: `{attempts: 1000000}`
    """

    attempts: int = Field(
        default=100_000,
        ge=0,
        le=1_000_000,
        description="how many of the newest attempts are kept, for a week at most; 0 keeps none; 100,000 take about "
        "30 MiB of the result store",
    )

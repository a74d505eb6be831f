"""Section `pools`: who does the work, and where."""

from typing import Literal

from pydantic import Field

from app.environment.model.base import Closed


class Pool(Closed):
    """Workers with one resource profile. `concurrency` is per worker process tree; `min`/`max` count hosts or pods."""

    runs_on: Literal["eks", "hosts"]
    type: Literal["prefork", "threads", "solo"]
    concurrency: int = Field(ge=1, le=500)
    min: int = Field(ge=0, le=100)
    max: int = Field(ge=1, le=100)
    instance_type: str
    max_tasks_per_child: int = Field(default=500, ge=1, description="prefork only: recycle a child after so many tasks")
    prefetch_multiplier: int = Field(default=1, ge=1, le=64)

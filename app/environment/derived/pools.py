"""Pools: their queues, and the largest time budget among them."""

from collections.abc import Mapping
from dataclasses import asdict

from app.environment.derived import Json
from app.environment.model import Environment, Pool
from app.environment.time_budget import TimeBudget


def pool_of(env: Environment, name: str, pool: Pool, budgets: Mapping[str, TimeBudget]) -> Json:
    """A pool as every layer reads it."""
    queues = [queue for queue, of in env.queues.items() if of.pool == name]
    whole = TimeBudget.largest([budgets[queue] for queue in queues])
    return pool.model_dump(mode="json") | {"queues": queues, "time_budget": asdict(whole)}

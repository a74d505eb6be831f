"""Pools: their queues, and the largest time budget among them."""

from collections.abc import Mapping
from dataclasses import asdict

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import calls_of, pool_needs
from celery_platform.environment.derived.budgets import prefetch_multiplier
from celery_platform.environment.derived.machines import machines, node_selector
from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.time_budget import TimeBudget

# A worker is added when each slot has a task running and another waiting.
BACKLOG_PER_SLOT = 2
PREFORK_MAX_TASKS = 500


def pool_of(env: Environment, name: str, pool: Pool, budgets: Mapping[str, TimeBudget]) -> Json:
    """A pool as every layer reads it."""
    queues = [queue for queue, of in env.queues.items() if of.pool == name]
    whole = TimeBudget.largest([budgets[queue] for queue in queues])
    concurrency = max(1, int(pool.cpu)) if pool.concurrency == "auto" else pool.concurrency
    return pool.model_dump(mode="json", exclude={"permissions"}) | {
        "concurrency": concurrency,
        "backlog_per_worker": pool.backlog_per_worker or BACKLOG_PER_SLOT * concurrency,
        "queues": queues,
        "unacknowledged_key": f"unacked:{name}",
        "calls": calls_of(env, name),
        **pool_needs(env, name, pool),
        **machines(env, pool),
        "node_selector": node_selector(env, name, pool),
        "time_budget": asdict(whole),
        "prefetch_multiplier": prefetch_multiplier(env, pool),
        # A turbo process is replaced for its memory, not by a count that a fast task would reach every few seconds.
        "max_tasks_per_child": pool.max_tasks_per_child or (PREFORK_MAX_TASKS if pool.type == "prefork" else None),
    }

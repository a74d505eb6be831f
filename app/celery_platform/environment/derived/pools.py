"""Pools: their queues, machines and variables, and the largest time budget of their queues."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import calls_of, pool_needs
from celery_platform.environment.derived.budgets import prefetch_multiplier
from celery_platform.environment.derived.drains import backlog_shares, concurrency, queues_of
from celery_platform.environment.derived.machines import machines, node_selector
from celery_platform.environment.derived.placement import metrics_port
from celery_platform.environment.derived.scaling import scaling
from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.time_budget import UNLIMITED_STOP_SECONDS, TimeBudget

# A worker is added when each slot has a task running and another waiting.
BACKLOG_PER_SLOT = 2


def pool_of(env: Environment, name: str, pool: Pool, budgets: Mapping[str, TimeBudget]) -> Json:
    """One pool in the section `pools`."""
    queues = list(queues_of(env, name))
    slots = concurrency(pool)
    shares = backlog_shares(env, name)
    budget = _budget(pool, [budgets[queue] for queue in queues])
    backlog = pool.backlog_per_worker or BACKLOG_PER_SLOT * slots
    return pool.model_dump(mode="json", exclude={"permissions"}) | {
        "concurrency": slots,
        "backlog_per_worker": backlog,
        "queues": queues,
        "backlog_shares": shares,
        **scaling(env, pool, budget.stop_timeout),
        # For an HPA, which cannot weight queues differently: it uses the largest share for all of them, so it may add
        # a worker too many but never one too few.
        "unweighted_backlog_per_worker": max(1, int(backlog / max(shares.values()))),
        "unacknowledged_key": f"unacked:{name}",
        "metrics_port": metrics_port(env, name),
        "calls": calls_of(env, name),
        **pool_needs(env, name, pool),
        **machines(env, pool),
        "node_selector": node_selector(env, name, pool),
        "time_budget": asdict(budget),
        "prefetch_multiplier": prefetch_multiplier(env, pool),
    }


def _budget(pool: Pool, budgets: list[TimeBudget]) -> TimeBudget:
    """The largest budget of its queues. If they have no limit, the pool itself sets the stop timeout."""
    whole = TimeBudget.largest(budgets)
    if whole.hard_time_limit is not None:
        return whole
    return replace(whole, stop_timeout=pool.stop_timeout_seconds or UNLIMITED_STOP_SECONDS)

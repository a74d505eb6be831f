"""Every limit outlives the one before it, whatever the environment says."""

from dataclasses import astuple

import pytest
from celery_platform.environment.derived.budgets import budgets_of
from celery_platform.environment.load import load
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.time_budget import TimeBudget, hard_time_limit
from hypothesis import given
from hypothesis import strategies as st

budgets = st.builds(
    TimeBudget.of, soft=st.integers(1, 40_000), countdown=st.integers(0, 900), behind=st.integers(0, 10_000)
)


@given(budgets)
def test_each_link_of_the_chain_outlives_the_one_before(budget: TimeBudget) -> None:
    assert budget.soft_time_limit
    assert budget.hard_time_limit
    assert budget.soft_time_limit < budget.hard_time_limit < budget.stop_timeout < budget.visibility_timeout
    assert budget.consumer_timeout > budget.stop_timeout


@given(budgets)
def test_a_message_held_for_a_countdown_and_then_run_is_not_delivered_again(budget: TimeBudget) -> None:
    assert budget.hard_time_limit
    assert budget.visibility_timeout > budget.max_countdown + budget.hard_time_limit


@given(st.lists(budgets, min_size=1))
def test_the_budget_of_a_pool_covers_each_of_its_queues(parts: list[TimeBudget]) -> None:
    whole = TimeBudget.largest(parts)

    assert all(mine >= theirs for part in parts for mine, theirs in zip(astuple(whole), astuple(part), strict=True))


@pytest.mark.parametrize(("kind", "consumers"), [("rabbitmq", 3), ("amazon_mq", 3), ("sqs", 1), ("redis", 1)])
def test_a_message_prefetched_behind_others_is_not_delivered_again(kind: str, consumers: int) -> None:
    env = load("local")
    queues = [queue for queue in env.queues.values() if "io" in queue.pool]
    pools = env.pools | {"io": env.pools["io"].model_copy(update={"type": "turbo", "prefetch_multiplier": 5})}
    broker = env.broker.model_copy(update={"kind": BrokerKind(kind)})
    longest = max(hard_time_limit(queue.soft_time_limit_seconds or 0) for queue in queues)

    budget = budgets_of(env.model_copy(update={"broker": broker, "pools": pools}))["quick"]

    assert len(queues) == 3
    assert budget.visibility_timeout == budget.consumer_timeout
    assert budget.visibility_timeout > budget.max_countdown + 5 * consumers * longest
    assert budget.stop_timeout < 2 * longest, "a stop waits for running tasks, not for prefetched messages"

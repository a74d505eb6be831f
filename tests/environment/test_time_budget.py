"""Every limit outlives the one before it, whatever the environment says."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from app.environment.time_budget import TimeBudget

budgets = st.builds(TimeBudget.of, soft=st.integers(1, 40_000), countdown=st.integers(0, 900))


@given(budgets)
def test_each_link_of_the_chain_outlives_the_one_before(budget: TimeBudget) -> None:
    chain = (budget.soft_time_limit, budget.hard_time_limit, budget.stop_timeout, budget.visibility_timeout)

    assert list(chain) == sorted(set(chain))
    assert budget.consumer_timeout > budget.stop_timeout


@given(budgets)
def test_a_message_held_for_a_countdown_and_then_run_is_never_handed_out_again(budget: TimeBudget) -> None:
    assert budget.visibility_timeout > budget.max_countdown + budget.hard_time_limit


@given(st.lists(budgets, min_size=1))
def test_the_budget_of_a_pool_covers_each_of_its_queues(parts: list[TimeBudget]) -> None:
    whole = TimeBudget.largest(parts)

    assert all(mine >= theirs for part in parts for mine, theirs in zip(astuple(whole), astuple(part), strict=True))

"""Pools that share a queue: each scales on its share, and the longest possible hold sets the limits."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .conftest import Edit

BURST = "  burst: {runs_on: eks, type: threads, concurrency: 16, min: 0, max: 40, instance_type: m7i.large}\n"
QUICK = "quick: {pool: io, soft_time_limit_seconds: 60"


@pytest.fixture
def with_burst(edit_prod: Edit) -> Edit:
    """Production with a second pool for one of the three queues of `io`."""
    edit_prod("pools:\n", f"pools:\n{BURST}")
    edit_prod(QUICK, QUICK.replace("pool: io", "pool: [io, burst]"))
    return edit_prod


@pytest.mark.usefixtures("with_burst")
def test_both_pools_consume_the_queue_and_may_call_what_it_calls() -> None:
    resolved = resolve(load("prod"))

    assert resolved["queues"]["quick"]["pools"] == ["io", "burst"]
    assert resolved["pools"]["burst"]["queues"] == ["quick"]
    assert resolved["pools"]["io"]["queues"] == ["effects", "default", "quick"]
    assert resolved["pools"]["burst"]["calls"] == ["database"]


def test_both_roles_may_receive_from_it_and_from_nothing_else(with_burst: Edit) -> None:
    with_burst("kind: rabbitmq\n", "kind: sqs\n")

    workloads = resolve(load("prod"))["workloads"]

    assert workloads["worker-burst"]["drains"] == (("quick",),)
    assert workloads["worker-io"]["drains"] == (("effects", "default", "quick"),)
    assert workloads["worker-burst"]["secrets"] == ("results_password",), (
        "only pools that call the ledger may read its key"
    )


@pytest.mark.usefixtures("with_burst")
def test_each_pool_adds_workers_only_for_its_share_of_the_slots() -> None:
    pools = resolve(load("prod"))["pools"]

    # 20 x 32 and 40 x 16 slots: each pool's share of the queue's backlog is one half.
    assert pools["burst"]["backlog_shares"] == {"quick": 0.5}
    assert pools["io"]["backlog_shares"] == {"effects": 1.0, "default": 1.0, "quick": 0.5}
    assert pools["burst"]["unweighted_backlog_per_worker"] == 2 * pools["burst"]["backlog_per_worker"]
    assert pools["io"]["unweighted_backlog_per_worker"] == pools["io"]["backlog_per_worker"]


@pytest.mark.usefixtures("with_burst")
def test_each_pool_has_its_own_unacknowledged_messages_on_redis() -> None:
    pools = resolve(load("prod"))["pools"]

    assert pools["io"]["unacknowledged_key"] != pools["burst"]["unacknowledged_key"]


def test_the_pool_that_holds_a_message_longest_decides_its_time_budget(with_burst: Edit) -> None:
    before = resolve(load("prod"))["queues"]

    with_burst("concurrency: 16, min: 0", "concurrency: 16, prefetch_multiplier: 10, min: 0")
    after = resolve(load("prod"))["queues"]

    assert after["quick"]["time_budget"]["consumer_timeout"] > before["quick"]["time_budget"]["consumer_timeout"]
    assert after["effects"] == before["effects"], "a queue that only the other pool drains is unchanged"


@example(slots=[(1, 1), (40, 50)])
@settings(deadline=None)
@given(slots=st.lists(st.tuples(st.integers(1, 100), st.integers(1, 500)), min_size=1, max_size=5))
def test_the_shares_of_a_queue_add_up_to_the_whole(slots: list[tuple[int, int]]) -> None:
    env = load("prod")
    names = [f"pool{number}" for number in range(len(slots))]
    pools = {
        name: env.pools["io"].model_copy(update={"max": most, "concurrency": concurrency})
        for name, (most, concurrency) in zip(names, slots, strict=True)
    }
    queues = {"quick": env.queues["quick"].model_copy(update={"pool": tuple(names)})}

    found = resolve(env.model_copy(update={"pools": pools, "queues": queues, "schedule": {}}))["pools"]

    assert sum(found[name]["backlog_shares"]["quick"] for name in names) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize(
    ("pools", "problem"),
    [
        ("[io, nobody]", "found 'nobody'; allowed: one of: burst, cpu, io"),
        ("[io, io, burst]", "found 'io' twice; allowed: each pool once"),
        ("[]", "found an empty list"),
    ],
)
def test_an_invalid_list_of_pools_is_refused(with_burst: Edit, pools: str, problem: str) -> None:
    with_burst("pool: [io, burst]", f"pool: {pools}")

    with pytest.raises(EnvironmentFileError, match=rf"queues\.quick\.pool: {problem}"):
        load("prod")

"""How many workers the exporter asks for where a pool is scaled on waiting time."""

import math
from collections.abc import Mapping

import pytest
from celery_platform.observability.exporter.runtimes import WINDOW_SECONDS, Runtimes
from celery_platform.observability.exporter.workers_wanted import workers_wanted
from celery_platform.settings import PoolSettings

SHARES = {"email": 1.0, "reports": 1.0}


def pool(concurrency: int = 32, shares: Mapping[str, float] = SHARES) -> PoolSettings:
    return PoolSettings(
        name="io", type="threads", concurrency=concurrency, prefetch_multiplier=1, max_tasks_per_child=None,
        max_memory_per_child_mib=None, memory_mib=1_024, stop_timeout=90, queues=tuple(shares),
        unacknowledged_key="unacked:io", wait_target_seconds=150, backlog_per_worker=64,
        backlog_shares=shares, variables={}, secrets={},
    )  # fmt: skip


def test_as_many_as_let_the_last_message_start_within_the_target() -> None:
    """3,000 messages of 5 s have to leave within 155 s: 19.4 in a second, each of which occupies a slot for 5 s."""
    assert workers_wanted(pool(), 150, {"email": 3_000}, {"email": 5.0}) == pytest.approx(3_000 / 155 * 5 / 32)


def test_a_steady_load_that_waits_as_long_as_it_may_keeps_its_workers() -> None:
    """With 64 slots, 5 s each, 12.8 messages start in a second; 150 s of waiting are 1,920 messages, and 64 run."""
    assert workers_wanted(pool(), 150, {"email": 1_920 + 64}, {"email": 5.0}) == pytest.approx(2)


def test_long_tasks_keep_a_slot_each_even_if_none_waits() -> None:
    wanted = workers_wanted(pool(4), 150, {"email": 40}, {"email": 3_600.0})

    assert math.ceil(wanted) == 10


def test_short_tasks_need_few_workers_where_their_number_would_ask_for_many() -> None:
    assert workers_wanted(pool(), 150, {"email": 6_400}, {"email": 0.1}) < 1 < 6_400 / 64


def test_queues_add_up_and_a_queue_of_two_pools_counts_with_this_ones_share() -> None:
    runtimes = {"email": 5.0, "reports": 50.0}
    each = [workers_wanted(pool(), 150, {label: 100}, runtimes) for label in runtimes]

    assert workers_wanted(pool(), 150, dict.fromkeys(runtimes, 100), runtimes) == pytest.approx(sum(each))
    shared = pool(shares={"email": 0.25, "reports": 1.0})
    assert workers_wanted(shared, 150, {"email": 100}, runtimes) == pytest.approx(each[0] / 4)


def test_before_any_task_has_ended_the_length_decides() -> None:
    assert workers_wanted(pool(), 150, {"email": 128}, {}) == 2


def test_nothing_to_do_needs_nobody() -> None:
    assert workers_wanted(pool(), 150, {}, {"email": 5.0}) == 0


def test_the_mean_is_of_what_ended_since_the_polls_of_the_last_minutes() -> None:
    runtimes = Runtimes()
    runtimes.means({"email": (1_000, 1_000.0)}, now=0)

    assert runtimes.means({"email": (1_010, 1_050.0)}, now=30) == {"email": 5.0}
    assert runtimes.means({"email": (1_020, 1_150.0)}, now=60) == {"email": 7.5}


def test_the_first_poll_knows_what_the_store_knows() -> None:
    assert Runtimes().means({"email": (10, 25.0)}, now=0) == {"email": 2.5}


def test_what_is_long_ago_no_longer_counts() -> None:
    runtimes = Runtimes()
    runtimes.means({"email": (0, 0.0)}, now=0)
    runtimes.means({"email": (100, 100.0)}, now=10)

    assert runtimes.means({"email": (110, 200.0)}, now=20 + WINDOW_SECONDS) == {"email": 10.0}


def test_a_quiet_queue_keeps_its_last_mean() -> None:
    runtimes = Runtimes()
    runtimes.means({"email": (10, 20.0)}, now=0)

    assert runtimes.means({"email": (10, 20.0)}, now=5 * WINDOW_SECONDS) == {"email": 2.0}


def test_a_store_that_was_emptied_begins_again() -> None:
    runtimes = Runtimes()
    runtimes.means({"email": (1_000, 1_000.0)}, now=0)

    assert runtimes.means({"email": (1, 9.0)}, now=10) == {"email": 9.0}

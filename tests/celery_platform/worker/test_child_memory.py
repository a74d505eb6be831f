"""A child of a prefork pool is replaced when it has grown by its share of the worker's memory."""

from dataclasses import replace

import pytest
from celery_platform.environment.resolve import resolve
from celery_platform.settings import PoolSettings
from celery_platform.settings.resolved import _pool
from celery_platform.worker.child_memory import LEAST_GROWTH_MIB, most_mib, used_mib

from tests.harness.environment import LOCAL, described


@pytest.fixture
def pool() -> PoolSettings:
    read = _pool("cpu", resolve(described(LOCAL))["pools"]["cpu"])
    return replace(read, concurrency=4, memory_mib=1024)


def test_all_children_that_have_grown_to_their_bound_fit_into_the_worker(pool: PoolSettings) -> None:
    used = 124

    growth = most_mib(pool, used) - used

    assert growth == 180
    assert used + pool.concurrency * growth < pool.memory_mib


@pytest.mark.parametrize("used", [300.0, 900.0, 1100.0])
def test_a_child_is_never_replaced_for_the_size_that_it_begins_with(pool: PoolSettings, used: float) -> None:
    assert most_mib(replace(pool, concurrency=64), used) >= used + LEAST_GROWTH_MIB


def test_a_bound_of_the_environment_counts_instead(pool: PoolSettings) -> None:
    assert most_mib(replace(pool, max_memory_per_child_mib=200), 124) == 200


def test_the_memory_in_use_is_known() -> None:
    assert 10 < used_mib() < 2_000


def test_no_pool_counts_tasks_unless_the_environment_says_so(pool: PoolSettings) -> None:
    assert pool.max_tasks_per_child is None

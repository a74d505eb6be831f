"""A slot that no task has makes a worker's liveness red in each pool; a pool with a supervisor lets it act at once."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery_platform.settlement import audit
from celery_platform.settlement.balance import GRACE_SECONDS, SIGHTINGS
from celery_platform.transports.slots import FreesSlots, HasPlaces, Places


class Pool(HasPlaces):
    """A pool with a slot that is taken, and no request in it."""

    taken = 1

    def places(self) -> Places:
        return Places(without_request=self.taken)


class SupervisedPool(Pool, FreesSlots):
    """The same, with a supervisor that waits for tasks to end."""

    def free_slots(self) -> None:
        self.taken = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the audit reads, which a test moves."""
    times = [0.0]
    monkeypatch.setattr(audit, "monotonic", lambda: times[0])
    return times


def audited(pool: Any, clock: list[float], *, compared: int = SIGHTINGS) -> audit.Audit:
    # No broker: the audit reads the channel's deliveries, and this one has none.
    tasks, timer = SimpleNamespace(channel=object()), SimpleNamespace(queue=())
    consumer = SimpleNamespace(pool=pool, task_consumer=tasks, task_buckets={}, timer=timer)
    made = audit.Audit(consumer)
    for _ in range(compared):
        made.compare()
        clock[0] += GRACE_SECONDS
    return made


def test_a_slot_without_a_task_is_a_failure_in_any_pool(clock: list[float]) -> None:
    pool = Pool()

    assert audited(pool, clock).failed
    assert pool.taken == 1


def test_the_supervisor_of_a_pool_learns_that_no_task_runs(clock: list[float]) -> None:
    pool = SupervisedPool()

    assert audited(pool, clock).failed
    assert pool.taken == 0


def test_the_process_of_a_freed_slot_stays_failed(clock: list[float]) -> None:
    assert audited(SupervisedPool(), clock, compared=2 * SIGHTINGS).failed


def test_a_slot_is_not_freed_before_its_grace_is_over(clock: list[float]) -> None:
    pool = SupervisedPool()

    assert not audited(pool, clock, compared=SIGHTINGS - 1).failed
    assert pool.taken == 1

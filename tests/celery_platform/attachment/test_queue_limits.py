"""The limits of the queue that delivered a message apply, whatever limits its task has from its usual queue."""

from types import SimpleNamespace

import pytest
from celery_platform.reliability.queue_limits import within_the_queue

from .conftest import Chosen


@pytest.mark.parametrize("given", [(None, None), (9_000, 8_000)])
def test_no_limit_is_longer_than_that_of_the_queue(chosen: Chosen, given: tuple[float | None, float | None]) -> None:
    label = chosen.labels[0]
    budget = chosen.queue(label)["time_budget"]
    task = SimpleNamespace(time_limit=9_000, soft_time_limit=8_000)

    limits = within_the_queue(given, task, {"routing_key": label})

    assert limits == (budget["hard_time_limit"], budget["soft_time_limit"])


def test_shorter_limits_stay(chosen: Chosen) -> None:
    task = SimpleNamespace(time_limit=2, soft_time_limit=1)

    assert within_the_queue((None, None), task, {"routing_key": chosen.labels[0]}) == (None, None)

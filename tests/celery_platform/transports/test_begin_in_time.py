"""A task that waits for a place in its pool asks, when its turn comes, whether it is too late to begin."""

from typing import Any

import pytest
from celery.concurrency import get_implementation
from celery_platform.transports.begin_in_time import begin_in_time
from celery_platform.transports.ending import Ending


@pytest.mark.parametrize("name", ["celery_platform.worker.threads_pool:TaskPool", "gevent"])
@pytest.mark.parametrize(("seconds", "begun"), [(None, True), (60.0, True), (float("inf"), True), (0.0, False)])
def test_a_task_begins_only_in_time(
    monkeypatch: pytest.MonkeyPatch, name: str, seconds: float | None, begun: bool
) -> None:
    ran: list[Any] = []
    pool = get_implementation(name)(limit=1)
    pool.start()
    begin_in_time(pool)
    monkeypatch.setattr(Ending, "due", None)
    if seconds is not None:
        Ending.ask(seconds)

    pool.apply_async(ran.append, (1,), accept_callback=lambda *_: ran.append("accepted"), callback=ran.append)
    pool.stop()

    assert bool(ran) == begun

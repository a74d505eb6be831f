"""A process that ends at the hard limit of its task does so before its supervisor kills it."""

import os
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from celery_platform.observability import gathered
from celery_platform.turbo.supervisor.options import SupervisorOptions
from celery_platform.turbo.worker.pool import HARD_LIMIT_EXIT, TaskPool
from celery_platform.turbo.worker.slot import HARD_LIMIT_AT, Slot


class TakenConnection(TaskPool):
    """A pool whose connection another thread keeps; it notes how long it would wait for it."""

    def __init__(self) -> None:  # the pool's own replaces signal handlers of the process
        self.slot = Slot.several(1)[0]
        self.connection_lock = threading.Lock()
        self.running_request = object
        self.waits: list[float] = []

    def take_connection(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return False


class EndedError(Exception):
    """Stands for the end of the process."""


def trace_task(limit_reached: Callable[..., None]) -> None:
    """Named as Celery's function that runs a task."""
    limit_reached(0, sys._getframe())


def test_it_waits_for_its_connection_and_what_it_gathered_well_below_the_time_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(code: int) -> None:
        raise EndedError(code)

    pool = TakenConnection()
    # Notes the limits instead of waiting for them: a busy machine would add to what a clock shows.
    monkeypatch.setattr(gathered, "send_now", lambda seconds=gathered.AT_END_SECONDS: pool.waits.append(seconds))
    monkeypatch.setattr(os, "_exit", end)
    pool.slot.numbers[HARD_LIMIT_AT] = monotonic()

    with pytest.raises(EndedError, match=str(HARD_LIMIT_EXIT)):
        trace_task(pool._on_hard_limit)

    assert len(pool.waits) == 2
    assert sum(pool.waits) <= 0.75 * SupervisorOptions(processes=1).settle_seconds


def test_it_ends_also_when_its_message_cannot_be_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the handler would be raised in the task, which would go on beyond its limit."""

    def end(code: int) -> None:
        raise EndedError(code)

    def refused() -> Any:
        raise OSError("the broker is away")

    pool = TakenConnection()
    monkeypatch.setattr(pool, "request_of_running_task", refused)
    monkeypatch.setattr(os, "_exit", end)
    pool.slot.numbers[HARD_LIMIT_AT] = monotonic()

    with pytest.raises(EndedError, match=str(HARD_LIMIT_EXIT)):
        trace_task(pool._on_hard_limit)

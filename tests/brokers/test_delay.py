"""A delayed message is held by a server that outlives workers, or it is refused."""

import time

import pytest

from .contract import MAX_COUNTDOWN, VISIBILITY_SECONDS, Contract, token


def test_a_delayed_task_runs_when_due(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        sent = time.time()
        contract.send(f"note.apply_async(({mine!r},), countdown=3)")
        (start,) = contract.said(mine, "start")

    assert start["at"] >= sent + 3
    assert start["at"] < sent + 3 + 15, "soon enough for a shared machine"


def test_a_delay_of_half_a_second_is_a_second(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        sent = time.time()
        contract.send(f"note.apply_async(({mine!r},), countdown=0.5)")
        (start,) = contract.said(mine, "start")

    assert start["at"] >= sent + 1


def test_a_delayed_task_holds_no_slot(contract: Contract) -> None:
    late, soon = token(), token()
    with contract.worker(concurrency=1):
        contract.send(f"for i in range(4): note.apply_async(({late!r},), countdown=6)\nnote.delay({soon!r})")
        (done,) = contract.said(soon, "end")
        contract.said(late, "end", 4)

    assert done["at"] < min(event["at"] for event in contract.events(late))


def test_a_delayed_task_survives_a_killed_worker(contract: Contract) -> None:
    mine = token()
    with contract.worker() as worker:
        contract.send(f"note.apply_async(({mine!r},), countdown=5)")
        time.sleep(2)
        worker.kill()
    with contract.worker():
        contract.said(mine, "end", seconds=5 * VISIBILITY_SECONDS)

    assert contract.count(mine, "start") == 1


# This sends due messages as beat's thread does, for long enough.
SEND_DUE = """
import threading
from celery_platform.later.sender import run
from shop.celery import celery
stopped = threading.Event()
threading.Timer(20, stopped.set).start()
run(celery, stopped)
"""


def test_a_longer_delay_is_stored(contract: Contract) -> None:
    mine, before = token(), contract.ready()
    with contract.worker():
        sent = time.time()
        contract.send(f"note.apply_async(({mine!r},), countdown={MAX_COUNTDOWN + 4})")
        assert contract.ready() == before
        contract.send(SEND_DUE)
        (start,) = contract.said(mine, "start")

    assert start["at"] >= sent + MAX_COUNTDOWN + 4
    assert contract.count(mine, "start") == 1


@pytest.mark.short
def test_a_delay_of_years_is_refused(contract: Contract) -> None:
    mine, before = token(), contract.ready()
    refusal = contract.refusal(f"note.apply_async(({mine!r},), countdown=401 * 86_400)")

    assert refusal.startswith("RefusedMessageError expected a delay of contract.note of at most 400 days")
    assert contract.ready() == before

"""Interrupted tasks run again, finished ones do not, and a message that kills workers is dead-lettered."""

import pytest

from tests.harness.waiting import eventually

from .contract import MAX_DELIVERIES, VISIBILITY_SECONDS, Contract, token

# Workers check for messages past their visibility timeout only at intervals, and this machine is shared.
PATIENCE = 5 * VISIBILITY_SECONDS


def test_the_task_of_a_killed_worker_runs_again(contract: Contract) -> None:
    mine = token()
    with contract.worker() as worker:
        contract.send(f"note.delay({mine!r}, seconds=4)")
        contract.said(mine, "start")
        worker.kill()
    with contract.worker():
        contract.said(mine, "end", seconds=PATIENCE)

    assert contract.count(mine, "start") == 2


def test_the_task_of_a_killed_child_runs_again(contract: Contract) -> None:
    if contract.pool != "prefork":
        pytest.skip("a pool without children")
    mine, before = token(), contract.dead_letters()
    with contract.worker():
        contract.send(f"die.delay({mine!r}, whole=False)")
        contract.said(mine, "start", 2, seconds=PATIENCE)
        eventually(lambda: contract.dead_letters() > before, "the end of it", seconds=PATIENCE)


def test_a_finished_task_does_not_run_again(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        contract.send(f"note.delay({mine!r})")
        contract.said(mine, "end")
    with contract.worker():
        contract.outlast_visibility()
        theirs = token()
        contract.send(f"note.delay({theirs!r})")
        contract.said(theirs, "end")

    assert contract.count(mine, "start") == 1


def test_a_message_that_kills_children_is_dead_lettered(contract: Contract) -> None:
    if contract.pool != "prefork":
        pytest.skip("a pool without children")
    _is_dead_lettered(contract, whole=False)


def test_a_message_that_kills_workers_is_dead_lettered(contract: Contract) -> None:
    _is_dead_lettered(contract, whole=True)


def _is_dead_lettered(contract: Contract, *, whole: bool) -> None:
    mine, theirs, before = token(), token(), contract.dead_letters()
    with contract.supervised():
        contract.send(f"die.delay({mine!r}, whole={whole})")
        eventually(lambda: contract.dead_letters() > before, "the dead-lettered message", seconds=4 * PATIENCE)
        contract.send(f"note.delay({theirs!r})")
        contract.said(theirs, "end")

    # RabbitMQ counts redeliveries, the others deliveries; SQS also counts what the open poll of a dead worker received.
    least = MAX_DELIVERIES - 1 if contract.kind == "sqs" else MAX_DELIVERIES
    assert least <= contract.count(mine, "start") <= MAX_DELIVERIES + 1
    assert contract.dead_letters() == before + 1

"""Tasks that are sent run, once and in order."""

import threading

import pytest

from .contract import OTHER, Contract, token


@pytest.mark.short
def test_a_task_runs_once(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        contract.send(f"note.delay({mine!r})")
        contract.said(mine, "end")

    assert contract.count(mine, "start") == 1


def test_tasks_wait_for_workers(contract: Contract) -> None:
    mine = token()
    contract.send(f"for i in range(5): note.delay({mine!r})")
    assert contract.count(mine, "start") == 0
    with contract.worker():
        contract.said(mine, "end", 5)

    assert contract.count(mine, "start") == 5


def test_tasks_of_many_producers_run_once(contract: Contract) -> None:
    mine = token()
    code = f"for i in range(25): note.delay({mine!r}, label=str(i))"
    producers = [threading.Thread(target=contract.send, args=(code,)) for _ in range(4)]
    with contract.worker():
        for producer in producers:
            producer.start()
        for producer in producers:
            producer.join()
        ends = contract.said(mine, "end", 100)

    assert len({end["id"] for end in ends}) == 100
    assert contract.count(mine, "start") == 100


def test_tasks_run_in_the_order_sent(contract: Contract) -> None:
    mine = token()
    contract.send(f"for i in range(20): note.delay({mine!r}, label=str(i))")
    with contract.worker(concurrency=1):
        ends = contract.said(mine, "end", 20)

    labels = [end["label"] for end in ends]
    # SQS guarantees no order; there the guarantee is only that all tasks ran.
    expected = [str(number) for number in range(20)]
    assert (sorted(labels, key=int) if contract.kind == "sqs" else labels) == expected


def test_a_full_queue_does_not_delay_another(contract: Contract) -> None:
    mine = token()
    contract.send(f"for i in range(30): note.delay({mine!r}, seconds=0.5)")
    with contract.worker(concurrency=1), contract.worker(concurrency=1, queues=(OTHER,)):
        contract.said(mine, "start")
        theirs = token()
        contract.send(f"other.delay({theirs!r})")
        contract.said(theirs, "end", seconds=20)
        assert contract.count(mine, "end") < 30
        contract.said(mine, "end", 30)

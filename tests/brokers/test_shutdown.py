"""A worker that is stopped, as in every deployment, loses and repeats nothing."""

from .contract import VISIBILITY_SECONDS, Contract, token


def test_a_stopped_worker_finishes_running_tasks(contract: Contract) -> None:
    mine = token()
    with contract.worker() as worker:
        contract.send(f"note.delay({mine!r}, seconds=3)")
        contract.said(mine, "start")
        worker.process.terminate()
        worker.process.wait(30)
    assert contract.count(mine, "end") == 1
    with contract.worker():
        contract.outlast_visibility()
        theirs = token()
        contract.send(f"note.delay({theirs!r})")
        contract.said(theirs, "end")

    assert contract.count(mine, "start") == 1


def test_a_stopped_worker_gives_back_prefetched_messages(contract: Contract) -> None:
    mine = token()
    with contract.worker(concurrency=1) as worker:
        contract.send(f"for i in range(6): note.delay({mine!r}, seconds=2)")
        contract.said(mine, "start")
        worker.process.terminate()
        worker.process.wait(30)
        done = contract.count(mine, "end")
        assert done < 6
        with contract.worker(concurrency=1):
            contract.said(mine, "end", 6, seconds=6 * VISIBILITY_SECONDS)

    assert contract.count(mine, "start") == 6

"""Remote control, where the broker supports it."""

from .contract import Contract, token


def test_workers_answer_remote_control(contract: Contract) -> None:
    with contract.worker():
        if contract.kind == "sqs":
            assert _refused(contract, "celery.control.inspect(timeout=2).ping()")
            return
        answers = contract.send("print(celery.control.inspect(timeout=5).ping())")

    assert "'ok': 'pong'" in answers


def test_a_queued_task_can_be_revoked(contract: Contract) -> None:
    if contract.kind == "sqs":
        assert _refused(contract, "celery.control.revoke('an-id')")
        return
    first, mine = token(), token()
    with contract.worker(concurrency=1):
        # In one producer: the first task holds the only slot for as long as sending and revoking the second takes.
        contract.send(f"note.delay({first!r}, seconds=4)\ncelery.control.revoke(note.delay({mine!r}).id)")
        contract.said(first, "end")
        theirs = token()
        contract.send(f"note.delay({theirs!r})")
        contract.said(theirs, "end")

    assert contract.count(mine, "start") == 0


def _refused(contract: Contract, code: str) -> bool:
    return contract.refusal(code).startswith("BrokerError expected a broker with remote control")

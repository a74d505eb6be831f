"""A task is retried after a transient error, and dead-lettered after a permanent one."""

import json

import pytest

from tests.harness.waiting import eventually

from .contract import Contract, token

TAKE = """
import json
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
queue = broker_of(runtime()).dead_letter_queue(runtime().environment.queues["quick"])
found = []
with celery.connection_for_read() as connection:
    bound = queue(connection.channel())
    bound.declare()
    while (message := bound.get()) is not None:
        found.append(dict(message.headers))
        message.ack()
print(json.dumps(found))
"""


@pytest.mark.short
def test_a_final_failure_is_dead_lettered_once(contract: Contract) -> None:
    mine = token()
    contract.send(TAKE)
    with contract.worker():
        task_id = contract.send(f"print(fail.delay({mine!r}).id)").splitlines()[-1]
        contract.said(mine, "start")
        eventually(lambda: contract.dead_letters() >= 1, "the dead-lettered message")
    messages = [one for one in json.loads(contract.send(TAKE).splitlines()[-1]) if one["id"] == task_id]

    assert len(messages) == 1
    assert messages[0]["x-dead-letter-reason"] == "PermanentError: it never works"
    assert contract.count(mine, "start") == 1


def test_a_task_is_retried_after_a_transient_error(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        contract.send(f"flaky.delay({mine!r}, failures=2)")
        contract.said(mine, "end")

    starts = [event for event in contract.events(mine) if event["what"] == "start"]
    assert [event["retries"] for event in starts] == [0, 1, 2]
    assert len({event["id"] for event in starts}) == 1

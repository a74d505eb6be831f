"""Urgent tasks overtake waiting ones, where the environment gives the queue priorities."""

import pytest

from .contract import OTHER, Contract, token

SENT = """
note.delay({first!r}, seconds=6)
for i in range(5): note.delay({mine!r}, label="usual")
for i in range(5): note.apply_async(({mine!r},), {{"label": "urgent"}}, priority=9)
"""


def test_a_high_priority_begins_first(contract: Contract) -> None:
    first, mine = token(), token()
    with contract.worker(concurrency=1):
        # In one producer: the first task holds the only slot for as long as sending the others takes.
        contract.send(SENT.format(first=first, mine=mine))
        labels = [start["label"] for start in contract.said(mine, "start", 10)]

    last = max(at for at, label in enumerate(labels) if label == "urgent")
    # The worker may have prefetched one of the others; RabbitMQ 4.0 delivers one after every second urgent one.
    assert labels[:last].count("usual") <= (3 if contract.name == "rabbitmq_4_quorum" else 1), labels


@pytest.mark.short
def test_a_priority_is_refused_on_a_queue_without_priorities(contract: Contract) -> None:
    before = contract.ready(OTHER)
    refusal = contract.refusal("other.apply_async(('x',), priority=9)")

    assert refusal.startswith(
        "RefusedMessageError expected a priority of contract.other from 0 to 4 (queues.default.priorities"
    )
    assert contract.ready(OTHER) == before

"""A message that would be lost or refused later is refused in the producer; a task over its limit is ended."""

import pytest

from .contract import HARD_LIMIT_SECONDS, Contract, token

PICKLED = """
import pickle
with celery.producer_or_acquire() as producer:
    from celery_platform.brokers import broker_of
    from celery_platform.settings import runtime
    queue = broker_of(runtime()).queue(runtime().environment.queues["quick"])
    producer.publish(
        pickle.dumps((("{token}",), {{}}, {{}})), exchange=queue.exchange, routing_key=queue.routing_key,
        content_type="application/x-python-serialize", content_encoding="binary", declare=[queue],
        headers={{"task": "contract.note", "id": "{token}", "lang": "py"}},
    )
"""


@pytest.mark.short
def test_a_larger_message_is_refused(contract: Contract) -> None:
    mine, before = token(), contract.ready()
    refusal = contract.refusal(f"note.delay({mine!r}, label='x' * 17_000_000)")

    assert refusal.startswith("RefusedMessageError expected a message of at most")
    assert contract.ready() == before


@pytest.mark.short
def test_only_json_is_sent(contract: Contract) -> None:
    mine, before = token(), contract.ready()
    refusal = contract.refusal(f"note.delay({mine!r}, label=object())")

    assert refusal.startswith("RefusedMessageError expected arguments of contract.note that JSON can carry")
    assert contract.ready() == before


def test_only_json_is_run(contract: Contract) -> None:
    mine, theirs = token(), token()
    with contract.worker():
        contract.send(PICKLED.format(token=mine))
        contract.send(f"note.delay({theirs!r})")
        contract.said(theirs, "end")

    assert contract.count(mine, "start") == 0


@pytest.mark.short
def test_a_longer_time_limit_is_refused(contract: Contract) -> None:
    refusal = contract.refusal(f"note.apply_async(('x',), time_limit={HARD_LIMIT_SECONDS + 1})")

    assert refusal.startswith("RefusedMessageError expected time_limit of contract.note of at most 8 s")


@pytest.mark.short
def test_a_task_without_a_queue_is_refused(contract: Contract) -> None:
    refusal = contract.refusal("celery.send_task('nobody.carries.this')")

    assert refusal.startswith("SettingsError expected a queue for task nobody.carries.this")


def test_a_task_over_its_limit_ends(contract: Contract) -> None:
    if contract.pool != "prefork":
        pytest.skip("threads cannot be interrupted")
    mine, theirs = token(), token()
    with contract.worker(concurrency=1):
        contract.send(f"note.delay({mine!r}, seconds=60); note.delay({theirs!r})")
        contract.said(theirs, "end", seconds=45)

    assert contract.count(mine, "end") == 0

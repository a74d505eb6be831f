"""Arguments that look like kombu's notation of a value are refused when sent, or are what a worker reads."""

import json
from pathlib import Path
from typing import Any

import pytest
from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.typed_values import JSON, refuse_values_that_no_worker_reads
from hypothesis import given
from hypothesis import strategies as st
from kombu.compression import compress
from kombu.utils import json as kombu_json

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

KINDS: list[Any] = [*vars(kombu_json)["_decoders"], "no such type", "", None, 7, [], {}]
VALUES = [None, "", "x", "2026-13-45", 7, True, [], ["a"], {}, {"hex": "x"}, {"no": 1}, "1e", "\u2028", "===", -1.5]
LOOKALIKES = st.fixed_dictionaries({"__type__": st.sampled_from(KINDS), "__value__": st.sampled_from(VALUES)})
NESTED = st.recursive(
    LOOKALIKES | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("__value__"), inner),
    max_leaves=6,
)


@given(NESTED, st.booleans())
def test_what_is_not_refused_can_be_read(value: Any, compressed: bool) -> None:
    body: Any = json.dumps([[value], {}, {}])
    try:
        kombu_json.loads(body)
        readable = True
    except Exception:
        readable = False
    headers = {}
    if compressed:
        body, headers["compression"] = compress(body.encode(), "zlib")

    try:
        refuse_values_that_no_worker_reads("task", body, JSON, headers)
        refused = False
    except RefusedMessageError:
        refused = True

    assert refused is not readable


# Every kind with every value, each bare, in a list and in a dictionary; each way to send.
SEND = """
import json, sys
from celery_platform.errors import RefusedMessageError
from celery_platform.publishing import NotPublishedError, publish_many
from exercises.endings import marked
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
from kombu.utils import json as kombu_json
kinds, values = json.loads(sys.argv[1])
wrong = [{"__type__": kind, "__value__": value} for kind in kinds for value in values]
def unreadable(value):
    try:
        kombu_json.loads(json.dumps(value))
    except Exception:
        return True
wrong = [value for value in wrong if unreadable(value)]
ways = {
    "apply_async": lambda value: marked.apply_async((value,)),
    "in a list": lambda value: marked.apply_async(([[value]],)),
    "by name": lambda value: marked.apply_async(kwargs={"a": {"b": value}}),
    "compressed": lambda value: marked.apply_async((value,), compression="zlib"),
    "later": lambda value: marked.apply_async((value,), countdown=100_000),
    "of a link": lambda value: marked.apply_async(link=marked.s(value)),
}
taken = []
for value in wrong:
    for way, send in ways.items():
        try:
            send(value)
            taken.append([way, value])
        except RefusedMessageError as error:
            assert "that a worker can read" in str(error), error
calls = [((value,), {}) for value in wrong]
try:
    publish_many(marked, [((), {}), ((), {}), *calls])
except NotPublishedError as error:
    taken += [["publish_many", value] for value in wrong][len(error.failures):]
print(json.dumps([taken, len(wrong)]))
"""
FOREIGN = """
import json, sys
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
from exercises.celery import celery
queue = broker_of(runtime()).queue(runtime().environment.queues["slow"])
with celery.connection_for_write() as connection:
    # As a producer that does not attach: kombu's own transport refuses nothing.
    channel = connection.default_channel
    stock = next(kind for kind in type(channel).__mro__ if kind.__module__.startswith("kombu.transport"))
    channel.prepare_message = stock.prepare_message.__get__(channel)
    celery.amqp.Producer(channel).publish(
        sys.argv[2].encode(), content_type="application/json", content_encoding="utf-8", exchange=queue.exchange,
        routing_key=queue.routing_key, declare=[queue], headers={"task": "exercises.slow.marked", "id": sys.argv[1]})
"""


@pytest.fixture(params=["rabbitmq", "redis", "sqs"])
def broker(request: pytest.FixtureRequest) -> TestEnvironment:
    """One of each kind."""
    made: TestEnvironment = request.getfixturevalue(request.param)
    return made


def test_what_no_worker_reads_is_refused_whichever_way_it_is_sent(broker: TestEnvironment) -> None:
    taken, tried = json.loads(broker.python(SEND, json.dumps([KINDS, VALUES]), timeout=120))

    assert tried > 100
    assert taken == []


def test_what_somebody_else_sends_can_be_shown_and_replayed(broker: TestEnvironment, tmp_path: Path) -> None:
    task_id, body = f"typed-{tmp_path.name}-{broker.kind}", [[{"__type__": "datetime", "__value__": "x"}], {}, {}]

    def dead() -> list[Any]:
        listed = broker.app("dlq", "list", "--queue", "slow", "--json", "--limit", "10000").stdout
        return [each for each in json.loads(listed[listed.index("[") :]) if each["id"] == task_id]

    with broker.worker("cpu"):
        broker.python(FOREIGN, task_id, json.dumps(body))
        (found,) = eventually(dead, "the dead letter")
        assert found["body"] == body
        assert broker.app("dlq", "replay", task_id, "--yes").returncode == 0
        again = eventually(lambda: [each for each in dead() if each["failed_at"] > found["failed_at"]], "it again")

    assert [each["body"] for each in again] == [body]

"""A message of any size that is taken ends as a small one: it runs as often as ordered, and has one dead letter."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import ASK

pytestmark = [pytest.mark.timeout(300)]
# For each of some ways to fail, options and bytes below the largest that is taken: sends what is largest.
SEND = """
import json, sys
from exercises.endings import end_late
from exercises.celery import celery
from celery_platform.errors import RefusedMessageError

PLACES = {"arguments": lambda size: {"args": ("x" * size,)}, "quotes": lambda size: {"args": ('"' * size,)},
          "a header": lambda size: {"headers": {"note": "x" * size}},
          "a stamp": lambda size: {"stamped_headers": ["note"], "note": "x" * size}}

def call(producer, case, size):
    options = case["options"] | PLACES[case["place"]](size)
    return end_late.apply_async(kwargs={"how": case["how"]}, producer=producer, **options)

ids = []
with celery.connection_for_write() as connection, celery.connection_for_write() as quiet:
    channel = quiet.default_channel
    channel.basic_publish = channel.basic_publish_confirm = channel._basic_publish = lambda *_, **__: None
    nowhere, producer = celery.amqp.Producer(channel), celery.amqp.Producer(connection)
    largest = {}
    def taken(case, size):
        try:
            call(nowhere, case, size)
        except RefusedMessageError:
            return False
        return True
    cases, most = json.loads(sys.argv[1]), int(sys.argv[2])
    longest = max((case["how"] for case in cases), key=len)
    for case in cases:
        key = str([case["place"], case["options"]])
        if key not in largest:
            low, high = 0, most
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if taken(case | {"how": longest}, middle) else (low, middle)
            largest[key] = low
        ids.append(call(producer, case, max(0, largest[key] - case["below"])).id)
print(json.dumps([ids, largest]))
"""
# What a producer that does not attach can send: as large as the broker itself takes.
FOREIGN = """
import json, sys
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
from exercises.celery import celery
from exercises.probe import counted
how, size, compression, prefix, text, file = sys.argv[1], int(sys.argv[2]), sys.argv[3] or None, *sys.argv[4:]
celery.conf.broker_transport_options.pop("max_message_bytes")
queue = broker_of(runtime()).queue(runtime().environment.queues["slow"])
body = json.dumps([[text * size], {"how": how}, {}], ensure_ascii=False)
with celery.connection_for_write() as connection:
    producer = celery.amqp.Producer(connection.default_channel)
    producer.publish(body, content_type="application/json", content_encoding="utf-8", exchange=queue.exchange,
                     routing_key=queue.routing_key, declare=[queue], compression=compression,
                     headers={"task": "exercises.slow.end_late", "id": prefix, "retries": 0, "lang": "py",
                              "argsrepr": "x" * 1000, "errbacks": [counted.si(file, 0).set(queue="slow")]})
"""
FAILING = ("raises ValueError", "raises an error that says much", "raises an error that says much beyond ASCII")
RETRYING = ("raises TransientError always", "retries for ever")
HIDDEN = {"argsrepr": "(hidden)", "kwargsrepr": "{hidden}"}


@dataclass(frozen=True)
class Ended:
    """What became of one message."""

    how: str
    runs: int
    settlements: list[str]
    dead_letters: int


def _dead(environment: TestEnvironment, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    listed = environment.app("dlq", "list", "--queue", "slow", "--json", "--limit", "100000")
    assert listed.returncode == 0, listed.stdout[-2000:]
    found: dict[str, list[dict[str, Any]]] = {task_id: [] for task_id in ids}
    for each in json.loads(listed.stdout[listed.stdout.index("[") :]):
        found.setdefault(each["id"], []).append(each)
    return found


def outcomes(environment: TestEnvironment, sent: dict[str, str], times: int = 1) -> list[Ended]:
    """What became of messages, by id with the way in which each ends, once each was dead-lettered so many times."""
    last: dict[str, Any] = {}

    def all_settled() -> bool:
        last.update(json.loads(environment.python(ASK, json.dumps(list(sent)))))
        return all(settled.count("dead_lettered") >= times for _, settled, _ in last.values())

    with suppress(AssertionError):
        eventually(all_settled, "a dead letter of each", 90)
    time.sleep(2)  # what runs again and again has done so by now
    all_settled()
    dead = _dead(environment, list(sent))
    # In no order: a retry may be settled before the process that ordered it has said so.
    return [Ended(how, last[task_id][0], sorted(last[task_id][1]), len(dead[task_id])) for task_id, how in sent.items()]


def expected(how: str, times: int = 1) -> Ended:
    settlements = ["retried", "dead_lettered"] if how in RETRYING else ["dead_lettered"]
    return Ended(how, len(settlements) * times, sorted(settlements * times), 1)


def cases(
    places: tuple[str, ...],
    below: tuple[int, ...],
    *options: dict[str, Any],
    hows: tuple[str, ...] = FAILING + RETRYING,
) -> list[dict[str, Any]]:
    return [
        {"place": place, "below": less, "options": each, "how": how}
        for place in places
        for each in options
        for less in below
        for how in hows
    ]


# From what times differ in, in digits.
BELOW = (20, 4_000, 16_400)


def cells(*pairs: tuple[str, str]) -> list[Any]:
    """Each broker and pool. Messages of 16 MiB, as on Redis, take a busy machine minutes."""
    return [
        pytest.param(pair, id="-".join(pair), marks=[pytest.mark.slow] if pair[0] == "redis" else []) for pair in pairs
    ]


# By broker and pool: what is sent, and more than any of it can be. A header and a stamp share a frame on RabbitMQ.
SIZES = {
    ("rabbitmq", "prefork"): (cases(("a header", "a stamp"), BELOW, {}), 200_000),
    ("redis", "threads"): (cases(("arguments",), (20,), {}, hows=(FAILING[-1], RETRYING[-1])), 17_000_000),
    ("sqs", "turbo"): (
        [*cases(("arguments", "quotes", "a header", "a stamp"), BELOW, {}), *cases(("arguments",), (20,), HIDDEN)],
        300_000,
    ),
}


@pytest.mark.parametrize("cell", cells(*SIZES))
def test_a_message_of_any_size_that_is_taken_has_one_dead_letter_and_can_be_replayed(
    cell: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    (broker, pool), (what, most) = cell, SIZES[cell]
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(tmp_path, pools={"cpu": {"type": pool, "concurrency": 2}})
    with variant.worker("cpu") as (process, _):
        ids, largest = json.loads(variant.python(SEND, json.dumps(what), str(most), timeout=120))
        sent = dict(zip(ids, (case["how"] for case in what), strict=True))

        assert min(largest.values()) > 60_000, "what is refused is small"
        assert outcomes(variant, sent) == [expected(how) for how in sent.values()]

        replayed = variant.app("dlq", "replay", *sent, "--yes", "--keep-going")
        assert replayed.returncode == 0, replayed.stdout[-2000:]
        assert outcomes(variant, sent, times=2) == [expected(how, times=2) for how in sent.values()]
        assert process.poll() is None
    variant.app("dlq", "purge", "--queue", "slow", "--yes")


# The argument is a text so many times; compressed, or written again in ASCII, it is far beyond the broker's limit.
BEYOND = {
    ("redis", "threads"): [(16 * 2**20 - 2_000, "", "x"), (16 * 2**20, "", "x"), (6_000_000, "", "\N{SNOWMAN}")],
    ("sqs", "turbo"): [(145_500, "", "x"), (145_000, "", "x"), (3_000_000, "zlib", "x"), (45_000, "", "\N{SNOWMAN}")],
    ("sqs", "prefork"): [(145_500, "", "x"), (45_000, "", "\N{SNOWMAN}")],
}


@pytest.mark.parametrize("cell", cells(*BEYOND))
def test_a_message_without_any_room_has_a_dead_letter_that_says_so(
    cell: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    broker, pool = cell
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(tmp_path, pools={"cpu": {"type": pool, "concurrency": 2}})
    sent = {f"{tmp_path.name}-{number}": what for number, what in enumerate(BEYOND[cell])}
    called = tmp_path / "errbacks"
    with variant.worker("cpu"):
        for task_id, (size, compression, text) in sent.items():
            how = "raises an error that says much"
            variant.python(FOREIGN, how, str(size), compression, task_id, text, str(called))

        ended = outcomes(variant, dict.fromkeys(sent, "raises an error that says much"))
        assert ended == [expected("raises an error that says much") for _ in sent]
        eventually(lambda: called.exists() and len(called.read_text().splitlines()) >= len(sent), "the errbacks")
        time.sleep(2)
        assert len(called.read_text().splitlines()) == len(sent), "an errback was called twice"
        dead = _dead(variant, list(sent))
        for task_id in sent:
            for each in dead[task_id]:
                assert each["reason"].startswith("ValueError: xxx")
                assert each["headers"].get("x-dead-letter-cut") or each["traceback"]
        assert variant.app("dlq", "replay", *sent, "--yes", "--keep-going").returncode == 0
        ended = outcomes(variant, dict.fromkeys(sent, "raises an error that says much"), times=2)
        assert ended == [expected("raises an error that says much", times=2) for _ in sent]
    variant.app("dlq", "purge", "--queue", "slow", "--yes")

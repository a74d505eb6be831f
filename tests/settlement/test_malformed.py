"""Whatever a message says of itself, it runs or is dead-lettered, and ends no worker and no other message."""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .test_settlement import CELLS, named

pytestmark = [pytest.mark.timeout(300)]
COUNT = 400 if os.environ.get("SLOW") else 120
# Headers of Celery's own with values that nobody should send, from a seed: the same messages for each pool and broker.
SEND = """
import json, random, sys
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
from exercises.celery import celery
run, count = sys.argv[1], int(sys.argv[2])
dice = random.Random(20261128)
junk = [None, True, -1, 2**31 - 1, "", "x", "\\u2028", [], [None, "a"], {}, {"a": [1]}, [[]], 0.5, "9" * 400]
names = ["task", "id", "eta", "expires", "timelimit", "retries", "stamped_headers", "stamps", "root_id", "parent_id",
         "argsrepr", "group", "group_index", "shadow", "ignore_result", "lang", "replaced_task_nesting", "origin"]
bodies = ["", "{", "null", "7", "[]", "[[], {}]", "[[], {}, {}]", "[1, 2, 3]", "[[1], {}, {\\"chain\\": 5}]",
          "[[], {\\"self\\": 1}, {}]", "[[], {}, {\\"callbacks\\": 1}]", "[{}, [], []]", "[[], {}, []]", "[" * 2000]
encodings = [("application/json", "utf-8")] * 6 + [("application/x-python-serialize", "binary"), ("text/plain", "x")]
queue = broker_of(runtime()).queue(runtime().environment.queues["slow"])
with celery.connection_for_write() as connection, connection.channel() as channel:
    producer = celery.amqp.Producer(channel)
    queue(channel).declare()
    for number in range(count):
        headers = {name: dice.choice(junk) for name in dice.sample(names, dice.randint(0, 4))}
        if dice.random() < 0.8:
            headers |= {"task": "exercises.slow.marked"}
        if dice.random() < 0.8:
            headers |= {"id": f"{run}-{number}"}
        kind, encoding = dice.choice(encodings)
        body = dice.choice(bodies)
        if number < len(bodies):  # each body once with nothing else wrong
            headers, kind, encoding = {"task": "exercises.slow.marked", "id": f"{run}-{number}"}, *encodings[0]
            body = bodies[number]
        producer.publish(body.encode(), exchange=queue.exchange, routing_key=queue.routing_key,
                         headers=headers | {"marker": f"{run}-{number}"}, content_type=kind, content_encoding=encoding)
"""
RAN = """
import json
from celery_platform.reliability.valkey import valkey
from exercises.endings import key
print(json.dumps(valkey().lrange(key("marked", "runs"), 0, -1)))
"""
GOOD = """
import sys
from exercises.endings import end_late
results = [end_late.apply_async(kwargs={"how": "returns nothing"}) for _ in range(20)]
print(sum(result.get(timeout=60) is None for result in results))
"""


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_each_malformed_message_runs_or_is_dead_lettered(
    cell: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    broker, pool = cell
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(tmp_path, pools={"cpu": {"type": pool, "concurrency": 2 if pool == "prefork" else 8}})
    run = f"malformed-{broker}-{pool}"
    with variant.worker("cpu") as (process, log):
        variant.python(SEND, run, str(COUNT))

        def settled() -> set[str]:
            listed = variant.app("dlq", "list", "--queue", "slow", "--limit", "10000", "--json")
            assert listed.returncode == 0, listed.stdout[-3000:]
            dead = {str(each["headers"].get("marker")) for each in json.loads(listed.stdout)}
            return {marker for marker in dead | set(json.loads(variant.python(RAN))) if marker.startswith(run)}

        expected = {f"{run}-{number}" for number in range(COUNT)}
        with suppress(AssertionError):
            eventually(lambda: settled() >= expected, "the end of each", 90)
        assert expected - settled() == set(), log
        assert variant.python(GOOD) == "20", "tasks sent afterwards"
        assert process.poll() is None
    # Thousands of them would be in the way of others.
    variant.app("dlq", "purge", "--queue", "slow", "--yes")


PUSH = """
import sys
from celery_platform.settings import runtime
from exercises.celery import celery
with celery.connection_for_write() as connection, connection.default_channel.conn_or_acquire() as client:
    client.lpush(runtime().environment.queues["slow"].name, sys.argv[1])
"""


@pytest.mark.parametrize("pool", ["prefork", "turbo"])
def test_an_entry_of_a_list_that_is_no_message_is_dead_lettered(
    redis: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    variant = redis.variant(tmp_path, pools={"cpu": {"type": pool, "concurrency": 2}})
    with variant.worker("cpu") as (process, log):
        variant.python(PUSH, "garbage")

        def dead() -> bool:
            listed = variant.app("dlq", "list", "--queue", "slow", "--limit", "10000", "--json")
            return any(not each["headers"].get("task") for each in json.loads(listed.stdout))

        eventually(dead, f"the dead-lettered entry: {log}", 60)
        assert variant.python(GOOD) == "20", "tasks sent afterwards"
        assert process.poll() is None
    variant.app("dlq", "purge", "--queue", "slow", "--yes")

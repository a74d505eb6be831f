"""`app dlq` against the real broker of each environment."""

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

from .dead_lettered import EMPTY, FILL, dlq, listed, on_each_kind


@pytest.fixture
def run(environment: TestEnvironment) -> Iterator[str]:
    """Dead-letter three notes and three effects, and nothing else; yields the start of their ids."""
    name = f"r{uuid.uuid4().hex[:8]}"
    environment.python(EMPTY + FILL.format(run=name, count=3))
    yield name
    environment.python(EMPTY)


@on_each_kind
def test_listing_dead_lettered_messages_leaves_them_in_their_queue(environment: TestEnvironment, run: str) -> None:
    notes, by_error, by_task, old, every = listed(
        environment, "--queue quick", "--error 503", "--task *.effects.*", "--older-than 1h", ""
    )
    (message,) = [each for each in notes if each["id"] == f"{run}-note-0"]
    (shown_code, shown), (_, table) = dlq(environment, f"show {message['id']}", "list")

    assert [len(found) for found in (notes, by_error, by_task, old, every)] == [3, 3, 3, 0, 6]
    assert (message["task"], message["reason"], message["attempts"]) == (
        "exercises.quick.note", "PermanentError: refused 550", 9,
    )  # fmt: skip
    assert shown_code == 0
    assert json.loads(shown)["body"][0] == [f"{run}-0", run]
    assert "PermanentError: refused 550" in table
    assert "6 dead-lettered messages" in table


BEGUN = """
import time
from celery_platform.observability.releases import add_to
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
with valkey().pipeline() as pipe:
    for release, ago in (("92c0b9fa8a11", 7200), ("5a41d0c70e1f", 3600), ("f0f27a404866", -3600)):
        add_to(pipe, runtime().environment.prefix, release, time.time() - ago)
    pipe.execute()
"""
NO_RELEASE = """
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
prefix = runtime().environment.prefix
valkey().delete(f"{prefix}:releases", *valkey().scan_iter(f"{prefix}:release:*"))
"""


@on_each_kind
def test_dead_lettered_messages_are_grouped_by_cause_and_chosen_by_it(environment: TestEnvironment, run: str) -> None:
    environment.python(BEGUN)
    ((_, said),) = dlq(environment, "causes --json")
    environment.python(NO_RELEASE)
    found = json.loads(said)
    refused = next(group for group in found["causes"] if group["task"] == "exercises.quick.note")
    (_, table), (_, chosen), purged, (_, left) = dlq(
        environment, "causes", f"list --json --cause {refused['key']}", f"purge --yes --cause {refused['key']}",
        "causes",
    )  # fmt: skip

    assert (found["messages"], len(found["causes"]), refused["count"]) == (6, 2, 3)
    assert (refused["message"], refused["queues"]) == ("refused <id>", ["quick"])
    assert refused["release"] == "5a41d0c70e1f", "the last one that had begun when the first failed"
    assert refused["example"].startswith(f"{run}-note-")
    assert refused["key"] in table
    assert "2 causes, 6 messages" in table
    assert {each["cause"] for each in json.loads(chosen)} == {refused["key"]}
    assert "removed 3 of 3" in purged[1]
    assert "1 cause, 3 messages" in left


def test_causes_are_listed_while_the_store_is_away(redis: TestEnvironment, tmp_path: Path) -> None:
    redis.python(EMPTY + FILL.format(run="away", count=1))
    away = redis.variant(tmp_path, results_url="rediss://127.0.0.1:9/0")

    ((exit_code, said),) = dlq(away, "causes")

    assert exit_code == 0, said
    assert "when releases began to run is not known: the store does not take" in said
    assert "2 causes, 2 messages" in said
    redis.python(EMPTY)


def test_a_dead_lettered_message_may_be_read_more_often_than_a_message_may_be_delivered(
    rabbitmq: TestEnvironment,
) -> None:
    """RabbitMQ 4 drops a message at its 21st delivery unless the queue says otherwise, and each read is a delivery."""
    rabbitmq.python(EMPTY + FILL.format(run="often", count=3))
    seen = listed(rabbitmq, *["--queue quick"] * 25)

    assert [len(found) for found in seen] == [3] * 25


@on_each_kind
def test_a_dry_run_changes_nothing_an_export_copies_and_a_purge_removes(
    environment: TestEnvironment, run: str, tmp_path: Path
) -> None:
    file = tmp_path / "dead-lettered.jsonl"
    (_, dry), (no, asked), (_, before), exported, purged, (_, after), gone, unknown = dlq(
        environment, "replay --dry-run", "purge", "list --json", f"export {file} --queue effects",
        "purge --yes --error 503", "list --json", "purge --yes --error 503", "show nobody",
    )  # fmt: skip

    assert "would replay 6" in dry
    assert no != 0, "nobody was there to say yes"
    assert asked.count("refused <id>") == 1, "the three that differ in their ids alone are one row"
    assert len(json.loads(before)) == 6
    assert exported[0] == purged[0] == 0, exported[1] + purged[1]
    copies = [json.loads(line) for line in file.read_text().splitlines()]
    assert {copy["body"][0][0] for copy in copies} == {f"{run}-{number}" for number in range(3)}
    assert {message["queue"] for message in json.loads(after)} == {"quick"}
    assert gone[0] == unknown[0] == 1


def test_wrong_input_is_explained(sqs: TestEnvironment) -> None:
    queue = sqs.app("dlq", "list", "--queue", "quickly")
    age = sqs.app("dlq", "list", "--older-than", "soon")

    assert (queue.returncode, age.returncode) == (2, 2)
    assert "Use one of: default, effects, nightly, quick, slow." in queue.stdout
    assert "expected a duration such as 90s" in age.stdout


@on_each_kind
def test_a_replayed_message_runs_with_all_its_retries(environment: TestEnvironment, run: str) -> None:
    ((code, said),) = dlq(environment, "replay --yes --queue quick --rate 50")
    with environment.worker("io"):
        eventually(lambda: environment.services.notes.count(run) == 3, "three notes")

    assert (code, "replayed 3 of 3" in said) == (0, True), said
    assert {message["queue"] for message in listed(environment, "")[0]} == {"effects"}


DEPTH = """
from celery_platform.brokers import broker_of
from celery_platform.brokers.depth import depth
from exercises.celery import celery
from celery_platform.settings import runtime
with celery.connection_for_read() as connection:
    print(depth(connection, broker_of(runtime()).queue(runtime().environment.queues["quick"])))
"""
COUNT = """
from exercises.celery import celery
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
broker = broker_of(runtime())
queue = broker.queue(runtime().environment.queues["quick"])
found = []
with celery.connection_for_read() as connection:
    bound = queue(connection.channel())
    bound.declare()
    while (message := bound.get()) is not None:
        found.append(message.headers["id"])
        message.ack()
print(*found)
"""


@on_each_kind
def test_a_replay_killed_in_the_middle_loses_nothing(environment: TestEnvironment) -> None:
    name, count = f"r{uuid.uuid4().hex[:8]}", 12
    environment.python(EMPTY + FILL.format(run=name, count=count))
    wanted = {f"{name}-note-{number}" for number in range(count)}
    log = environment.folder / f"replay-{name}.log"
    command = [sys.executable, "-m", "celery_platform", "dlq", "replay", "--yes", "--queue", "quick", "--rate", "0.5"]
    with log.open("wb") as sink:
        replay = subprocess.Popen(command, cwd=REPOSITORY, env=environment.variables, stdout=sink, stderr=sink)
    try:
        eventually(lambda: int(environment.python(DEPTH)) >= 2, "the first messages")
        assert replay.poll() is None, f"it must be killed in the middle: {log.read_text()}"
    finally:
        replay.send_signal(signal.SIGKILL)
        replay.wait()

    sent = environment.python(COUNT).split()
    assert 2 <= len(sent) == len(set(sent)) < count
    # One message may be in both queues.
    if environment.kind == "sqs":
        # What the dead process held is hidden for a minute, but SQS counts it.
        assert count - len(sent) <= _counted(environment) <= count - len(sent) + 1
    else:
        left = {each["id"] for each in listed(environment, "--queue quick")[0]}
        assert left | set(sent) == wanted
        assert len(left & set(sent)) <= 1
    environment.python(EMPTY)


def _counted(environment: TestEnvironment) -> int:
    sqs = environment.client("sqs")
    url = sqs.get_queue_url(QueueName=environment.resolved["queues"]["quick"]["dead_letter_name"])["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(answer[name]) for name in names)

"""Producers and workers fail over from a RabbitMQ node that hangs or died; without the guards they do not."""

import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

UNGUARDED = "from celery_platform.transports import registration; registration.install = lambda: None\n"
TALK = """
import sys, time
from exercises.celery import celery
{before}
from exercises.quick import note
note.delay("warm", "warm")
print("warm", flush=True)
sys.stdin.readline()
begun = time.monotonic()
try:
    note.delay({key!r}, {key!r})
    print("published", flush=True)
except Exception as error:
    print(type(error).__name__, time.monotonic() - begun < 15, flush=True)
"""


def port_of(environment: TestEnvironment) -> int:
    return urlsplit(environment.broker_url).port or 0


def talk(environment: TestEnvironment, code: str) -> "subprocess.Popen[str]":
    """A producer that has published once and waits for a line before it publishes again."""
    pipe = subprocess.PIPE
    producer = subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment.variables, text=True, stdin=pipe, stdout=pipe
    )
    assert producer.stdout is not None
    assert producer.stdout.readline().strip() == "warm"
    return producer


def answer(producer: "subprocess.Popen[str]", seconds: float) -> str:
    try:
        return producer.communicate("\n", timeout=seconds)[0].strip()
    except subprocess.TimeoutExpired:
        return "still waiting"
    finally:
        producer.kill()


def test_a_publish_fails_over_to_the_next_node_when_one_hangs(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    key = f"next-{uuid.uuid4().hex}"
    with cable(port_of(rabbitmq)) as first:
        nodes = f"amqp://127.0.0.1:{first.port};{rabbitmq.broker_url}"
        producer = talk(rabbitmq.variant(tmp_path, broker_url=nodes), TALK.format(before="", key=key))
        first.freeze()

        assert answer(producer, 30) == "published"


def test_a_publish_fails_when_the_only_node_hangs(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    with cable(port_of(rabbitmq)) as only:
        alone = rabbitmq.variant(tmp_path, broker_url=f"amqp://127.0.0.1:{only.port}")
        producer = talk(alone, TALK.format(before="", key="nowhere"))
        only.freeze()

        assert answer(producer, 30) == "PublishError True"


def test_without_the_guard_a_publish_waits_for_ever(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    with cable(port_of(rabbitmq)) as first:
        nodes = f"amqp://127.0.0.1:{first.port};{rabbitmq.broker_url}"
        producer = talk(rabbitmq.variant(tmp_path, broker_url=nodes), UNGUARDED + TALK.format(before="", key="never"))
        first.freeze()

        assert answer(producer, 20) == "still waiting"


def test_a_worker_leaves_a_node_that_hangs(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    with cable(port_of(rabbitmq)) as first:
        nodes = rabbitmq.variant(tmp_path, broker_url=f"amqp://127.0.0.1:{first.port};{rabbitmq.broker_url}")
        with nodes.worker("io") as (run, log):
            eventually(lambda: "ready" in log.read_text(), "the worker")
            first.freeze()
            eventually(lambda: "has been silent" in log.read_text(), "the notice", seconds=30)
            eventually(lambda: log.read_text().count("Connected to") == 2, "the next node", seconds=30)
            assert run.poll() is None

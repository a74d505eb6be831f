"""Producers and workers fail over from a RabbitMQ node that hangs or died; without the guards they do not."""

import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery_platform.transports.amqp.tls_failover import settings_for

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running
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


def test_a_worker_with_a_dead_node_in_its_list_declares_once(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    nodes = f"{rabbitmq.broker_url};amqp://127.0.0.1:{free_port()}"
    with rabbitmq.variant(tmp_path, broker_url=nodes).worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        assert "delayed delivery" not in log.read_text()


def test_without_the_guard_a_worker_tries_the_dead_node_first(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    nodes = rabbitmq.variant(tmp_path, broker_url=f"{rabbitmq.broker_url};amqp://127.0.0.1:{free_port()}")
    code = (
        "from celery_platform.brokers.rabbitmq import RabbitMQBroker\nsettings = RabbitMQBroker.settings\n"
        "upstream = {'worker_consumer': 'celery.worker.consumer:Consumer'}\n"
        "RabbitMQBroker.settings = lambda self: settings(self) | upstream\n"
        "from celery_platform.worker.start import start_worker\nstart_worker('io')\n"
    )
    log = tmp_path / "unguarded.log"
    with running([sys.executable, "-c", code], log, nodes.variables, stop_seconds=5):
        what = "the defect (if Celery declares once, remove app/celery_platform/guards/delayed_delivery_once.py)"
        eventually(lambda: "Failed to setup delayed delivery" in log.read_text(), what, seconds=60)


GONE = """
from exercises.celery import celery
from celery_platform.errors import PublishError
from exercises.default import limited as task
task.delay("a")
name = "celery-local-default"
with celery.connection_for_write() as connection:
    connection.default_channel.queue_delete(name)
try:
    task.delay("b")
except PublishError as error:
    print(error)
task.delay("c")
with celery.connection_for_write() as connection:
    print(connection.default_channel.queue_declare(name, passive=True).message_count)
"""


def test_a_publish_to_a_deleted_queue_is_an_error_and_declares_it_again(rabbitmq: TestEnvironment) -> None:
    said = rabbitmq.python(GONE).splitlines()

    assert "expected a queue celery-local-default for exercises.default.limited" in said[-2]
    assert said[-1] == "1"


def test_two_connections_have_control_queues_of_different_names(rabbitmq: TestEnvironment) -> None:
    said = rabbitmq.python(
        "from exercises.celery import celery\nfrom kombu import pidbox\n"
        "a, b = celery.connection_for_read(), celery.connection_for_read()\n"
        "for mailbox in (celery.control.mailbox, pidbox.Mailbox('celery', 'fanout', queue_exclusive=True)):\n"
        "    try:\n"
        "        for each in (a, b): mailbox.get_queue('same@host')(each.default_channel).declare()\n"
        "        print('both')\n"
        "    except Exception as error: print(type(error).__name__)\n"
    ).splitlines()

    assert said[-2:] == ["both", "ResourceLocked"]


@pytest.mark.parametrize("guarded", [True, False])
def test_the_next_nodes_certificate_is_checked_against_its_own_name(
    amazon_mq: TestEnvironment, *, guarded: bool
) -> None:
    said = amazon_mq.python(
        "from celery_platform.transports import registration\n"
        + ("" if guarded else "registration.install = lambda: None\n")
        + "from exercises.celery import celery\nurl = celery.conf.broker_url\n"
        f"gone = url.replace('127.0.0.1:{port_of(amazon_mq)}', '127.0.0.2:{free_port()}')\n"
        "try:\n    with celery.connection_for_write(url=f'{gone};{url}') as c:\n"
        "        c.ensure_connection(max_retries=2)\n        print('connected')\n"
        "except Exception as error: print(error)\n"
    ).splitlines()[-1]

    assert ("connected" in said) == guarded, said


def test_settings_without_a_name_stay_as_they_are() -> None:
    assert settings_for(True, "b") is True
    assert settings_for({"ca_certs": "x"}, "b") == {"ca_certs": "x"}

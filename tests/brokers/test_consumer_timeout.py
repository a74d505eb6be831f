"""RabbitMQ 4 requeues a message that a worker does not acknowledge in time, unless its queue has no limit."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from amqp.exceptions import PreconditionFailed
from celery_platform.brokers.rabbitmq.broker import RabbitMQBroker
from celery_platform.environment import resolve
from celery_platform.settings import Runtime
from celery_platform.settings.discovery import Discovery
from celery_platform.settings.resolved import read
from kombu import Connection, Consumer

from tests.harness.environment import LOCAL, described

from . import cluster

# The broker's consumer timeout, in place of half an hour. RabbitMQ checks it whenever its channels tick.
TIMEOUT_MS, TICK_MS = 2_000, 1_000
SILENT_SECONDS = 8

pytestmark = pytest.mark.skipif("BROKERS" not in os.environ, reason="containers: `make test-brokers` runs it")


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a node with a short consumer timeout."""
    with cluster.cluster("4", tmp_path_factory.mktemp("impatient"), size=1) as nodes:
        settings = f"consumer_timeout, {TIMEOUT_MS}), application:set_env(rabbit, channel_tick_interval, {TICK_MS}"
        nodes.nodes[0].control("eval", f"application:set_env(rabbit, {settings}).")
        yield nodes.url.replace("amqp://", f"amqp://{cluster.USER}:{cluster.PASSWORD}@")


@pytest.fixture
def broker(tmp_path: Path) -> RabbitMQBroker:
    """An environment in which `slow` has no time limit and `quick` has one."""
    env = described(LOCAL)
    unlimited = {label: env.queues[label].model_copy(update={"soft_time_limit_seconds": None}) for label in ("slow",)}
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolve(env.model_copy(update={"queues": env.queues | unlimited}))))
    return RabbitMQBroker(Runtime(read(file), Discovery("", "", {})))


@pytest.mark.parametrize(("label", "patient"), [("slow", True), ("quick", False)])
def test_a_message_is_kept_for_a_silent_worker_only_where_nothing_limits_its_task(
    connected: str, broker: RabbitMQBroker, label: str, patient: bool
) -> None:
    taken = []
    with Connection(connected) as connection:
        channel = connection.channel()
        queue = broker.queue(broker.environment.queues[label])(channel)
        queue.declare()
        connection.Producer(channel=channel).publish({}, exchange=queue.exchange, routing_key=queue.routing_key)
        consumer = Consumer(channel, [queue], callbacks=[lambda _body, message: taken.append(message)])
        consumer.consume()

        refused = _silent(connection)

    assert taken
    assert (refused is None) is patient, refused


def _silent(connection: Connection) -> PreconditionFailed | None:
    end = time.monotonic() + SILENT_SECONDS
    while time.monotonic() < end:
        try:
            connection.drain_events(timeout=1)
        except TimeoutError:
            pass
        except PreconditionFailed as refused:
            return refused
    return None

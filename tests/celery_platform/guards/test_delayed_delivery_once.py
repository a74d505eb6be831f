"""A worker declares the delays on the node that it is connected to, and on no dead one."""

import sys
from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running
from tests.harness.waiting import eventually


def test_a_worker_with_a_dead_node_in_its_list_declares_once(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    nodes = f"{rabbitmq.broker_url};amqp://127.0.0.1:{free_port()}"
    with rabbitmq.variant(tmp_path, broker_url=nodes).worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        assert "delayed delivery" not in log.read_text()


def test_without_the_guard_a_worker_tries_the_dead_node_first(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    nodes = rabbitmq.variant(tmp_path, broker_url=f"{rabbitmq.broker_url};amqp://127.0.0.1:{free_port()}")
    code = (
        "from celery_platform.brokers.rabbitmq.broker import RabbitMQBroker\nsettings = RabbitMQBroker.settings\n"
        "upstream = {'worker_consumer': 'celery.worker.consumer:Consumer'}\n"
        "RabbitMQBroker.settings = lambda self: settings(self) | upstream\n"
        "from celery_platform.worker.start import start_worker\nstart_worker('io')\n"
    )
    log = tmp_path / "unguarded.log"
    with running([sys.executable, "-c", code], log, nodes.variables, stop_seconds=5):
        what = "the defect (if Celery declares once, remove app/celery_platform/guards/delayed_delivery_once.py)"
        eventually(lambda: "Failed to setup delayed delivery" in log.read_text(), what, seconds=60)

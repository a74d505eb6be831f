"""Queues, exchanges and URLs of each kind of broker, from the environment alone, without a server."""

import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery_platform.brokers import Broker, broker_of
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.resolve import resolve
from celery_platform.errors import BrokerError
from celery_platform.settings import Runtime
from celery_platform.settings.discovery import Discovery
from celery_platform.settings.resolved import read

from tests.harness.environment import LOCAL, described

URLS = {
    "rabbitmq": "amqp://10.0.0.1:5672;amqp://10.0.0.2:5672",
    "amazon_mq": "amqps://b-1.mq.example.com:5671",
    "redis": "rediss://cache.example.com:6379/0",
    "sqs": "sqs://",
}


def broker(kind: str, folder: Path, queues_url: str | None = None, **rabbitmq: Any) -> Broker:
    model = described(LOCAL)
    chosen = model.broker.model_copy(
        update={"kind": BrokerKind(kind), "rabbitmq": model.broker.rabbitmq.model_copy(update=rabbitmq)}
    )
    file = folder / "resolved.json"
    file.write_text(json.dumps(resolve(model.model_copy(update={"broker": chosen}))))
    return broker_of(Runtime(read(file), Discovery(URLS[kind], "redis://127.0.0.1/1", {"media": "media"}, queues_url)))


@pytest.fixture(autouse=True)
def a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that would be asked of AWS; a stub, because no broker is connected to here."""
    monkeypatch.setattr(Runtime, "secret", lambda _runtime, _label: "p@ss/word")


def test_every_node_is_in_the_url_with_credentials_escaped(tmp_path: Path) -> None:
    assert broker("rabbitmq", tmp_path).url() == (
        "amqp://celery:p%40ss%2Fword@10.0.0.1:5672/celery;amqp://celery:p%40ss%2Fword@10.0.0.2:5672/celery"
    )


def test_quorum_queues_dead_letter_at_least_once_by_the_right_key(tmp_path: Path) -> None:
    made = broker("rabbitmq", tmp_path)
    queue = made.queue(made.environment.queues["quick"])

    assert queue.exchange.type == "topic"
    assert queue.queue_arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": "celery-local-dead-letters",
        "x-dead-letter-routing-key": "celery-local-quick-dlq",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    dead = made.dead_letter_queue(made.environment.queues["quick"])
    assert dead.queue_arguments
    assert dead.queue_arguments["x-delivery-limit"] > 10**9, "reading a dead-lettered message counts as a delivery"
    assert (dead.exchange.name, dead.routing_key) == ("celery-local-dead-letters", "celery-local-quick-dlq")
    assert made.transport_options()["confirm_publish"] is True


def test_mirrored_queues_are_classic_without_quorum_arguments(tmp_path: Path) -> None:
    made = broker("rabbitmq", tmp_path, replication="mirrored", version="3.10")
    arguments = made.queue(made.environment.queues["quick"]).queue_arguments

    assert arguments
    assert arguments["x-queue-type"] == "classic"
    assert "x-delivery-limit" not in arguments


def test_amazon_mq_checks_the_certificate(tmp_path: Path) -> None:
    made = broker("amazon_mq", tmp_path)

    assert made.url() == "amqps://celery:p%40ss%2Fword@b-1.mq.example.com:5671/%2F"
    tls = made.settings()["broker_use_ssl"]
    assert (tls["context"], tls["server_hostname"]) == ({"check_hostname": True}, None)


def test_a_self_managed_broker_is_trusted_by_its_authority_alone(tmp_path: Path) -> None:
    made = broker("rabbitmq", tmp_path)
    discovery = replace(made.runtime.discovery, broker_url="amqps://10.0.0.1:5671", broker_ca_certificate="PEM")
    secure = broker_of(replace(made.runtime, discovery=discovery))

    assert secure.settings()["broker_use_ssl"]["context"] == {"check_hostname": True, "cadata": "PEM"}
    assert "broker_use_ssl" not in made.settings()


def test_redis_outlives_every_task_and_checks_the_certificate(tmp_path: Path) -> None:
    made = broker("redis", tmp_path)

    assert made.transport_options()["visibility_timeout"] == 420
    assert made.settings()["broker_use_ssl"]["ssl_cert_reqs"] == ssl.CERT_REQUIRED


def test_sqs_knows_every_queue_by_url_and_asks_for_no_list(tmp_path: Path) -> None:
    account = "https://sqs.eu-west-1.amazonaws.com/123456789012"
    made = broker("sqs", tmp_path, account)
    queues = made.transport_options()["predefined_queues"]

    assert queues["celery-local-quick"]["url"] == f"{account}/celery-local-quick"
    assert queues["celery-local-quick-dlq"]["url"] == f"{account}/celery-local-quick-dlq"
    assert len(queues) == 10
    assert made.publish_options(30) == {"delay_seconds": 30}
    assert made.publish_options(None) == made.publish_options(901) == {}


def test_sqs_without_a_url_says_which_parameter_lacks(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="the SQS URL of the queues in /celery/local/queues_url"):
        broker("sqs", tmp_path).transport_options()

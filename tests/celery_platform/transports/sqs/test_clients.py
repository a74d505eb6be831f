"""Which client a channel settles a message with, and what becomes of the message when there is none.

kombu makes a client when it needs one, and may have to ask STS for credentials first. The emulator's STS refuses
nobody, so the refusal is raised where kombu would meet it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from celery_platform.transports.sqs.transport import Transport
from kombu import Connection
from kombu.asynchronous import Hub, set_event_loop

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no such role"}}, "AssumeRole")


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    set_event_loop(hub)
    yield hub
    set_event_loop(None)
    hub.close()


@pytest.fixture
def name(inside_sqs: TestEnvironment) -> str:
    client = inside_sqs.client("sqs")
    url = client.create_queue(QueueName="clients")["QueueUrl"]
    client.purge_queue(QueueUrl=url)
    return "clients"


@pytest.fixture
def channel(inside_sqs: TestEnvironment, name: str, hub: Hub) -> Iterator[Any]:
    assert hub
    url = inside_sqs.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    options = {"predefined_queues": {name: {"url": url}}, "region": "eu-west-1"}
    with Connection("sqs://", transport=Transport, transport_options=options) as connection:
        yield connection.default_channel


def take(channel: Any, name: str, *, routing_key: str) -> list[Any]:
    """Publish a message under this routing key, and receive it as a worker's poll does."""
    taken: list[Any] = []
    message = channel.prepare_message("body", properties={"delivery_info": {"routing_key": routing_key}})
    message["properties"]["delivery_tag"] = "tag"
    channel._put(name, message)
    url = channel._new_queue(name)
    channel.connection._callbacks[name] = lambda raw: taken.append(keep(channel, raw))
    received = channel.sqs(queue=name).receive_message(QueueUrl=url, WaitTimeSeconds=5)
    channel._on_messages_ready(url, name, received)
    return taken


def keep(channel: Any, raw: Any) -> Any:
    message = channel.Message(raw, channel=channel)
    channel.qos.append(message, message.delivery_tag)
    return message


def in_flight(environment: TestEnvironment, name: str) -> int:
    client = environment.client("sqs")
    attribute = "ApproximateNumberOfMessagesNotVisible"
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])
    return int(answer["Attributes"][attribute])


def refuse(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def sqs(**_: Any) -> Any:
        raise REFUSED

    monkeypatch.setattr(channel, "sqs", sqs)


def test_a_message_is_deleted_from_its_queue_whatever_its_routing_key(
    inside_sqs: TestEnvironment, channel: Any, name: str
) -> None:
    [message] = take(channel, name, routing_key="orders.paid")

    channel.basic_ack(message.delivery_tag)

    eventually(lambda: in_flight(inside_sqs, name) == 0, "the delete")


def test_a_refused_client_frees_the_place_of_the_message(
    channel: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.qos.prefetch_count = 1
    [message] = take(channel, name, routing_key=name)
    refuse(channel, monkeypatch)

    with pytest.raises(Exception, match="no such role"):
        channel.basic_ack(message.delivery_tag)

    assert channel.qos.can_consume()


def test_a_refused_client_ends_no_poll(channel: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    channel.connection._callbacks[name] = print
    refuse(channel, monkeypatch)

    assert channel._on_messages_ready(channel._new_queue(name), name, {}) == 0


def test_what_cannot_be_given_back_is_said(
    channel: Any, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take(channel, name, routing_key=name)
    refuse(channel, monkeypatch)

    channel.give_back()

    assert "come again after their visibility timeout only: An error occurred (AccessDenied)" in caplog.text

"""Acknowledgements that wait while a consumer is cancelled: none is lost, whoever else asks for the same meanwhile."""

from typing import Any

from celery_platform.transports.amqp.withheld import AcksOneByOne


class Sent:
    """kombu's part of a channel: what it sends."""

    def __init__(self) -> None:
        self.acks: list[int] = []

    def basic_ack(self, delivery_tag: int, multiple: bool = False, argsig: str = "") -> Any:  # noqa: ARG002 # py-amqp's
        self.acks.append(delivery_tag)


class Channel(AcksOneByOne, Sent):
    """A channel that can withhold them."""


def test_what_waits_stays_when_a_second_one_withholds_and_is_sent_with_the_first_release() -> None:
    channel = Channel()
    channel.withhold()  # a queue is paused,
    channel.basic_ack(1)
    channel.withhold()  # and the worker is asked to end
    channel.basic_ack(2)
    assert channel.acks == []

    channel.release()
    channel.release()
    channel.basic_ack(3)
    assert channel.acks == [1, 2, 3]

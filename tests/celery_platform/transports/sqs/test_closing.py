"""A channel that is closed while the loop is still to poll its queue."""

import pytest
from celery_platform.transports.sqs import channel as sqs_channel
from celery_platform.transports.sqs.transport import Transport
from kombu import Connection, Queue
from kombu.asynchronous import Hub, set_event_loop

from tests.harness.environment import TestEnvironment


@pytest.mark.parametrize("transport", [Transport, sqs_channel.Transport])
def test_a_poll_that_was_asked_for_before_the_end_is_no_error(
    sqs: TestEnvironment, inside_sqs: TestEnvironment, caplog: pytest.LogCaptureFixture, transport: type
) -> None:
    assert sqs is inside_sqs
    name = sqs.resolved["queues"]["quick"]["name"]
    url = sqs.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    hub = Hub()
    set_event_loop(hub)
    options = {"predefined_queues": {name: {"url": url}}, "region": "eu-west-1"}
    with Connection("sqs://", transport=transport, transport_options=options) as connection:
        consumer = connection.Consumer([Queue(name)], callbacks=[print])
        consumer.consume()
    hub.call_later(0, lambda: None)

    hub.run_once()
    hub.close()

    assert not caplog.records, caplog.text

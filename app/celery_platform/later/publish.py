"""Publish a kept message as Celery would have done at the call, to its queue's current name."""

from typing import Any

from celery import signals
from kombu.compression import decompress
from kombu.exceptions import KombuError
from kombu.serialization import loads, prepare_accept_content

from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.errors import PublishError
from celery_platform.guards.declared_once import declared_once
from celery_platform.later.store import Claimed
from celery_platform.publishing.capture import Message
from celery_platform.reliability.one_copy import ATTEMPT, ENTRY
from celery_platform.settings import runtime
from celery_platform.transports.amqp.publish_budget import budget


def publish(app: Any, claimed: Claimed) -> None:
    """Publish a message, wait for the broker's confirm, then send Celery's signal `after_task_publish`.

    Raises:
        PublishError: the queue no longer exists in the environment or on the broker.
        Exception: the broker did not confirm the message. It may or may not have it.
    """
    kept, message = claimed.kept, claimed.kept.message
    if kept.queue not in runtime().environment.queues:
        raise PublishError(
            expected=f"the queue {kept.queue} of {kept.task}[{message.task_id}], which is due",
            found=f"queues: {', '.join(runtime().environment.queues)}",
            remedy=f"Put queues.{kept.queue} back, or cancel it: app schedule cancel {message.task_id}",
        )
    queue = app.amqp.queues[runtime().environment.queues[kept.queue].name]
    direct = queue.exchange.type == "direct"
    address = {
        "exchange": "" if direct else queue.exchange.name,
        "routing_key": queue.name if direct else queue.routing_key,
    }
    headers = message.headers | {ENTRY: kept.entry, ATTEMPT: claimed.attempt}
    properties = {key: value for key, value in message.properties.items() if key != "expiration"}
    policy = app.conf.task_publish_retry_policy
    with (
        budget(PUBLISH_BUDGET_SECONDS),
        declared_once(app, kept.task, queue.name),
        app.producer_or_acquire() as producer,
    ):
        producer.publish(
            message.body, headers=headers, declare=[queue], retry=True, retry_policy=policy,
            **address, **properties, **broker_of(runtime()).publish_options(None),
        )  # fmt: skip
    if signals.after_task_publish.receivers:
        signals.after_task_publish.send(sender=kept.task, body=_body(app, message), headers=headers, **address)


def _body(app: Any, message: Message) -> Any:
    """The deserialized body for listeners of the signal; the raw body if it may not be deserialized here."""
    accept = prepare_accept_content(app.conf.accept_content)
    raw = message.body
    try:
        if message.headers.get("compression"):
            raw = decompress(raw, message.headers["compression"])
        properties = message.properties
        return loads(raw, properties["content_type"], properties["content_encoding"], accept=accept)
    except KombuError:
        return message.body

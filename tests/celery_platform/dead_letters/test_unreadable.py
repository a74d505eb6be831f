"""A message that cannot be run as a task is dead-lettered on every broker, and the worker continues."""

import json

import pytest

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from celery_platform.brokers import broker_of
from exercises.celery import celery
from celery_platform.settings import runtime
from exercises.quick import note
queue = broker_of(runtime()).queue(runtime().environment.queues["quick"])
with celery.connection_for_write() as connection, connection.channel() as channel:
    producer = celery.amqp.Producer(channel)
    queue(channel).declare()
    def publish(body, **options):
        producer.publish(body, exchange=queue.exchange, routing_key=queue.routing_key, **options)
    publish([["a"], {{}}, {{}}], serializer="json", headers={{"id": "{run}-unknown", "task": "exercises.gone"}})
    publish("{{", content_type="application/json", content_encoding="utf-8",
            headers={{"id": "{run}-undecodable", "task": "exercises.quick.note"}})
    publish({{"hello": "{run}"}}, serializer="json")
note.delay("{run}", "{run}")
"""


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_message_of_no_task_is_dead_lettered(environment: TestEnvironment) -> None:
    run = f"unreadable-{environment.kind}"
    with environment.worker("io") as (_, log):
        environment.python(SEND.format(run=run))
        eventually(lambda: run in environment.services.notes, f"the note: {log}")

        def messages() -> list[dict[str, str]]:
            ((_, said),) = commands(environment, "dlq list --queue quick --json")
            found = [message for message in json.loads(said) if run in json.dumps(message)]
            return found if len(found) == 3 else []

        found = eventually(messages, "three dead-lettered messages", seconds=30)

    by_id = {message["id"]: message for message in found}
    assert by_id[f"{run}-unknown"]["task"] == "exercises.gone"
    assert by_id[f"{run}-unknown"]["reason"] == "KeyError: 'exercises.gone'"
    assert "Decode" in by_id[f"{run}-undecodable"]["reason"]
    (stranger,) = [message for message in found if message["id"] not in (f"{run}-unknown", f"{run}-undecodable")]
    assert stranger["reason"] == "ValueError: not a task message"

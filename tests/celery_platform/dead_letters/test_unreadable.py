"""A message that no task can be made of is kept with the dead letters on every broker, and the worker works on."""

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
def test_what_is_no_task_is_a_dead_letter(environment: TestEnvironment) -> None:
    run = f"unreadable-{environment.kind}"
    with environment.worker("io") as (_, log):
        environment.python(SEND.format(run=run))
        eventually(lambda: run in environment.services.notes, f"the note: {log}")

        def letters() -> list[dict[str, str]]:
            ((_, said),) = commands(environment, "dlq list --queue quick --json")
            found = [letter for letter in json.loads(said) if run in json.dumps(letter)]
            return found if len(found) == 3 else []

        found = eventually(letters, "three letters", seconds=30)

    by_id = {letter["id"]: letter for letter in found}
    assert by_id[f"{run}-unknown"]["task"] == "exercises.gone"
    assert by_id[f"{run}-unknown"]["reason"] == "KeyError: 'exercises.gone'"
    assert "Decode" in by_id[f"{run}-undecodable"]["reason"]
    (stranger,) = [letter for letter in found if letter["id"] not in (f"{run}-unknown", f"{run}-undecodable")]
    assert stranger["reason"] == "ValueError: not a task message"

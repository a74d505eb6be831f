"""A message that no task can be made of is kept with the dead letters on every broker, and the worker works on."""

import json

import pytest

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from celery_platform.brokers import broker_of
from shop.celery import celery
from celery_platform.settings import runtime
from shop.tasks.email import send_email
queue = broker_of(runtime()).queue(runtime().environment.queues["email"])
with celery.connection_for_write() as connection, connection.channel() as channel:
    producer = celery.amqp.Producer(channel)
    queue(channel).declare()
    def publish(body, **options):
        producer.publish(body, exchange=queue.exchange, routing_key=queue.routing_key, **options)
    publish([["a"], {{}}, {{}}], serializer="json", headers={{"id": "{run}-unknown", "task": "shop.tasks.gone"}})
    publish("{{", content_type="application/json", content_encoding="utf-8",
            headers={{"id": "{run}-undecodable", "task": "shop.tasks.email.send_email"}})
    publish({{"hello": "{run}"}}, serializer="json")
send_email.delay("{run}", "to@example.com", "{run}", "text")
"""


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_what_is_no_task_is_a_dead_letter(environment: TestEnvironment) -> None:
    run = f"unreadable-{environment.kind}"
    with environment.worker("io") as (_, log):
        environment.python(SEND.format(run=run))
        inbox = environment.outside.world.inbox  # type: ignore[attr-defined]
        eventually(lambda: run in {mail["subject"] for mail in inbox.messages()}, f"the e-mail: {log}")

        def letters() -> list[dict[str, str]]:
            ((_, said),) = commands(environment, "dlq list --queue email --json")
            found = [letter for letter in json.loads(said) if run in json.dumps(letter)]
            return found if len(found) == 3 else []

        found = eventually(letters, "three letters", seconds=30)

    by_id = {letter["id"]: letter for letter in found}
    assert by_id[f"{run}-unknown"]["task"] == "shop.tasks.gone"
    assert by_id[f"{run}-unknown"]["reason"] == "KeyError: 'shop.tasks.gone'"
    assert "Decode" in by_id[f"{run}-undecodable"]["reason"]
    (stranger,) = [letter for letter in found if letter["id"] not in (f"{run}-unknown", f"{run}-undecodable")]
    assert stranger["reason"] == "ValueError: not a task message"

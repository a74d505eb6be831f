"""A producer declares a queue once, and again when the broker has lost it."""

from tests.harness.environment import TestEnvironment

GONE = """
from exercises.celery import celery
from celery_platform.errors import PublishError
from exercises.default import limited as task
task.delay("a")
name = "celery-local-default"
with celery.connection_for_write() as connection:
    connection.default_channel.queue_delete(name)
try:
    task.delay("b")
except PublishError as error:
    print(error)
task.delay("c")
with celery.connection_for_write() as connection:
    print(connection.default_channel.queue_declare(name, passive=True).message_count)
"""


def test_a_publish_to_a_deleted_queue_is_an_error_and_declares_it_again(rabbitmq: TestEnvironment) -> None:
    said = rabbitmq.python(GONE).splitlines()

    assert "expected a queue celery-local-default for exercises.default.limited" in said[-2]
    assert said[-1] == "1"

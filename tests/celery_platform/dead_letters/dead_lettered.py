"""Dead-lettered messages of the tests' application, and `app dlq` about them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter, RunsPython, interpreter

# Amazon MQ is a RabbitMQ here too.
on_each_kind = pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
# Dead-lettered messages as the app publishes them, without the time that failing takes.
FILL = """
from celery_platform import dead_letters
from celery_platform.reliability.errors import PermanentError, TransientError
from exercises.quick import note
from exercises.effects import record
from celery.app.task import Context
for number in range({count}):
    for task, error, args in (
        (note, PermanentError("refused 550"), ["{run}-%d" % number, "{run}"]),
        (record, TransientError("ledger: 503"), ["{run}-%d" % number, 100]),
    ):
        request = Context(id="{run}-%s-%d" % (task.__name__, number), args=args, kwargs={{}}, retries=8, headers={{}})
        dead_letters.publish(task, error, request)
"""
EMPTY = """
from celery_platform.brokers import broker_of
from exercises.celery import celery
from celery_platform.settings import runtime
with celery.connection_for_write() as connection:
    broker_of(runtime()).purge(connection)
"""


@contextmanager
def emptied(environment: TestEnvironment) -> Iterator[Interpreter]:
    """A process for the test's code, in which the queues are emptied before and after it."""
    with interpreter(environment) as code:
        code.python(EMPTY)
        yield code
        code.python(EMPTY)


def dlq(environment: RunsPython, *lines: str) -> list[tuple[int, str]]:
    """Run some `app dlq` commands; returns the exit code and output of each."""
    return commands(environment, *(f"dlq {line}" for line in lines))


def listed(environment: RunsPython, *lines: str) -> list[list[dict[str, Any]]]:
    """Return what `app dlq list` finds with each of some lines of options."""
    return [json.loads(said) for _, said in dlq(environment, *(f"list --json {line}" for line in lines))]

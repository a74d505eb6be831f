"""Lets the test process be one of an environment's, and fills its dead letter queues."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from celery_platform.application.loading import application, platform_alone
from celery_platform.observability.releases import add_to
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import discovery, runtime
from redis import Redis

from tests.harness.environment import TestEnvironment

CACHES = (runtime, valkey, application, platform_alone, discovery.secret)
EMPTY = """
from celery_platform.brokers import broker_of
from exercises.celery import celery
from celery_platform.settings import runtime
with celery.connection_for_write() as connection:
    broker_of(runtime()).purge(connection)
"""
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
        request = Context(id="{run}-%s-%d" % (task.__name__, number), args=args,
                          kwargs={{"password": "hunter2"}}, retries=8, headers={{}})
        dead_letters.publish(task, error, request)
"""
# What became of a chain of two tasks, the second of which failed, as workers keep it.
KEPT = """
import time
from celery_platform.observability.timeline.event import Event, line_of
from celery_platform.observability.timeline.partitions import add_to, partition_of
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
now = time.time()
first, second = (f"{number}f0c2a9e-0000-4000-8000-000000000001" for number in (4, 5))
events = [
    Event(now - 60, first, "succeeded", "exercises.quick.double", "quick", 1, "io-1f2e3d4c@host-1", "", "", now - 65,
          now - 65, None, 1.25),
    Event(now - 50, second, "retried", "exercises.quick.note", "quick", 1, "io-1f2e3d4c@host-1", first, first, now - 60,
          now - 60, None, 3.5, "TransientError: ledger: 503", "4bf92f3577b34da6a3ce929d0e0e4736"),
    Event(now - 20, second, "failed", "exercises.quick.note", "quick", 2, "io-9a8b7c6d@host-2", first, first, now - 60,
          now - 50, now - 40, 2.0, "PermanentError: refused 550", "4bf92f3577b34da6a3ce929d0e0e4736"),
    Event(now - 19, second, "dead_lettered", "exercises.quick.note"),
]
with valkey().pipeline() as pipe:
    for event in events:
        for partition in {partition_of(event.id), partition_of(event.root or event.id)}:
            add_to(pipe, runtime().environment.prefix, {partition: [line_of(event).encode()]}, 1000)
    pipe.execute()
"""


@contextmanager
def inside(environment: TestEnvironment) -> Iterator[None]:
    """Let this process use an environment; nothing of another is left in memory."""
    before = dict(os.environ)
    os.environ.update(environment.variables)
    _forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget()


def filled(environment: TestEnvironment, run: str, count: int = 3) -> None:
    """Dead-letter so many notes and so many effects, and nothing else."""
    environment.python(EMPTY + FILL.format(run=run, count=count))


def _forget() -> None:
    for cached in CACHES:
        cached.cache_clear()


def pushed(*envelopes: str) -> None:
    """Put texts into the dead letter list of the queue quick of a Valkey, as whoever may write to the broker can."""
    queue = runtime().environment.queues["quick"]
    name = f"{runtime().environment.prefix}:{queue.dead_letter_name}"
    Redis.from_url(runtime().discovery.broker_url).lpush(name, *envelopes)


def emptied() -> None:
    """Remove everything from the broker of this process's environment, a Valkey."""
    Redis.from_url(runtime().discovery.broker_url).flushdb()


def dead_letter_lists() -> dict[bytes, list[bytes]]:
    """The dead letter lists of a Valkey as they are, so that a test can put them back."""
    server = Redis.from_url(runtime().discovery.broker_url)
    names = [
        f"{runtime().environment.prefix}:{queue.dead_letter_name}" for queue in runtime().environment.queues.values()
    ]
    return {name.encode(): cast(list[bytes], server.lrange(name, 0, -1)) for name in names if server.exists(name)}


def put_back(lists: dict[bytes, list[bytes]]) -> None:
    """Empty the broker but for these lists."""
    emptied()
    for name, envelopes in lists.items():
        Redis.from_url(runtime().discovery.broker_url).rpush(name, *envelopes)


def say_begun(*releases: tuple[str, float]) -> None:
    """Say as workers do that releases began to run so many seconds ago."""
    prefix = runtime().environment.prefix
    with valkey().pipeline(transaction=False) as pipe:
        for release, seconds in releases:
            add_to(pipe, prefix, release, time.time() - seconds)
        pipe.execute()


def forget_releases() -> None:
    """Let no release of this process's environment have run."""
    prefix = runtime().environment.prefix
    valkey().delete(f"{prefix}:releases", *valkey().scan_iter(f"{prefix}:release:*"))

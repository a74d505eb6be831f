"""The transport of gevent and threads pools: all is run and acknowledged once, and waits for no other message."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery_platform.transports.amqp.bounded_waits import Channel as BoundedChannel
from celery_platform.transports.amqp.channel import AckingChannel
from celery_platform.transports.amqp.rabbitmq_node import Guarded
from celery_platform.turbo.worker import install
from kombu import transport
from kombu.transport import TRANSPORT_ALIASES, resolve_transport

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.processes import running
from tests.harness.waiting import eventually


@pytest.fixture(params=["gevent", "threads"])
def pool(request: pytest.FixtureRequest) -> str:
    """The pool's type."""
    kind: str = request.param
    return kind


@contextmanager
def worker(bench: Bench, pool: str, slots: int, options: str = "") -> Iterator[tuple[Any, Path]]:
    """A worker with such a pool; yields it and its log."""
    name = os.urandom(3).hex()
    log = bench.folder / f"{pool}-{name}.log"
    patched = ["-m", "gevent.monkey", "--module"] if pool == "gevent" else ["-m"]
    command = [sys.executable, *patched, "tests.celery_platform.turbo.harness.waiting_pool", pool, str(slots)]
    variables = bench.variables | {"TURBO_NAME": name, "TURBO_OPTIONS": options}
    with running(command, log, variables, stop_seconds=30) as process:
        eventually(lambda: " ready." in log.read_text(), f"a worker in {log}", 60)
        yield process, log


@pytest.mark.parametrize("task", ["record", "record_early"])  # from a quorum queue and from a classic one
def test_what_waited_for_the_worker_is_run_and_acknowledged_once(
    bench: Bench, pool: str, where: str, task: str
) -> None:
    with worker(bench, pool, 1):
        pass  # declares the queues
    for number in range(1000):
        getattr(bench.work, task).delay(where, number)

    with worker(bench, pool, 50) as (process, log):
        bench.noted(where, 1000)
        process.terminate()
        assert process.wait(30) == 0

    # What the broker sends right behind its answer to `basic.consume` is for a consumer that is known by then.
    assert "no consumer here" not in log.read_text()
    assert bench.waiting(bench.work.QUEUE) == bench.waiting(bench.work.EARLY_QUEUE) == 0
    assert sorted(map(int, bench.list_(where))) == list(range(1000))


def test_an_acknowledgement_waits_for_no_other_message(bench: Bench, pool: str, where: str) -> None:
    """With one message at a time the next comes only after it."""
    with worker(bench, pool, 1, "--prefetch-multiplier=1"):
        for number in range(20):
            bench.work.record.delay(where, number)

        assert [int(number) for number in bench.noted(where, 20)] == list(range(20))


def test_a_warm_stop_repeats_and_loses_nothing(bench: Bench, pool: str, where: str) -> None:
    for number in range(2000):
        bench.work.record.delay(where, number)
    with worker(bench, pool, 20) as (process, log):
        bench.noted(where, 100)
        process.terminate()
        assert process.wait(30) == 0, log.read_text()
    assert len(bench.list_(where)) < 2000, "it was to be stopped in the middle"

    with worker(bench, pool, 20):
        bench.noted(where, 2000)
        eventually(lambda: bench.waiting(bench.work.QUEUE) == 0, "an empty queue")

    assert sorted(map(int, bench.list_(where))) == list(range(2000))


def test_a_killed_worker_loses_nothing(bench: Bench, pool: str, where: str) -> None:
    for number in range(2000):
        bench.work.record.delay(where, number)
    with worker(bench, pool, 20) as (process, _):
        bench.noted(where, 100)
        process.send_signal(signal.SIGKILL)

    with worker(bench, pool, 20):
        eventually(lambda: len(set(bench.list_(where))) == 2000, "every task")


def test_failures_retries_and_refusals_are_settled_as_ever(bench: Bench, pool: str, where: str) -> None:
    with worker(bench, pool, 10):
        retried, failed = bench.work.retry.delay(where), bench.work.fail.delay(f"{where}-failed")
        bench.work.reject.delay(f"{where}-rejected", True)

        assert retried.get(timeout=30) == 3
        with pytest.raises(ValueError, match="as asked"):
            failed.get(timeout=30)
        assert bench.noted(f"{where}-rejected", 2) == ["ran", "ran"]


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_the_apps_own_pool_has_it_under_its_guards(pool: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("amqp", "pyamqp", "amqps"):
        monkeypatch.setitem(TRANSPORT_ALIASES, name, TRANSPORT_ALIASES[name])
    monkeypatch.setattr(transport, "_transport_cache", {})

    install.install_transport(pool, guarded=True)

    found: Any = resolve_transport(scheme)
    assert issubclass(found, Guarded)
    assert issubclass(found.Connection.Channel, BoundedChannel)
    assert issubclass(found.Connection.Channel, AckingChannel)
    assert hasattr(found.Connection, "flush_soon") == (pool == "gevent")

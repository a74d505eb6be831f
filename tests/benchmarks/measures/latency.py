"""The time from publish to start of a task at light load."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from amqp.exceptions import NotFound
from kombu import Connection

from tests.benchmarks import counter
from tests.benchmarks.cases import Case
from tests.benchmarks.processes import run_python, running

PER_SECOND = 50
EVENLY = """
import time
import tests.benchmarks.systems.{system} as system
if hasattr(system, "send_evenly"):
    system.send_evenly({count}, {rate})
else:
    send = getattr(system.arrive, "delay", None) or system.arrive.send
    due = time.perf_counter()
    for _ in range({count}):
        due += 1 / {rate}
        time.sleep(max(0, due - time.perf_counter()))
        send(time.time())
"""


# Publishing is measured without workers, so its messages are still in the queue.
QUEUES = ("celery-classic", "dramatiq-classic", "taskiq-classic")


def _empty(broker: str) -> None:
    for queue in QUEUES:
        with Connection(broker) as connection, suppress(NotFound):
            channel: Any = connection.default_channel
            channel.queue_purge(queue)


def latency(case: Case, broker: str, count: int, folder: Path, variables: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds at the 50th, 95th and 99th percentile, at 50 tasks a second."""
    path = folder / "counter"
    environment = {"BENCHMARK_BROKER": broker, counter.VARIABLE: str(path), **variables, **case.variables}
    _empty(broker)
    counted = counter.create(path)
    with running(case.system, case.commands, environment, folder / "workers.log"):
        _send(case, environment, PER_SECOND)
        counter.wait_for(counted, PER_SECOND, time.monotonic() + 60)  # the workers have started and run a task
        before, sent = len(counter.latencies(path)), PER_SECOND + count
        _send(case, environment, sent)
        counter.wait_for(counted, PER_SECOND + sent, time.monotonic() + 60)
        # In the first second, the publisher connects.
        noted = sorted(counter.latencies(path)[before + PER_SECOND :])
    return {f"p{percent}_ms": noted[min(len(noted) - 1, len(noted) * percent // 100)] * 1e3 for percent in (50, 95, 99)}


def _send(case: Case, environment: dict[str, str], count: int) -> None:
    run_python(case.system, EVENLY.format(system=case.system, count=count, rate=PER_SECOND), environment)

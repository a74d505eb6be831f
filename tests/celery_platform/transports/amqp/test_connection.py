"""A turbo process and its connection: long tasks, lost connections, large messages."""

import os
import signal
import time
from collections import Counter
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.cable import cable
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


def arrived(bench: Bench, where: str, wanted: int) -> bool:
    return len(bench.list_(where)) > wanted


def test_a_task_longer_than_the_heartbeats_keeps_its_connection(bench: Bench, where: str) -> None:
    # The worker's heartbeat is 4 s: RabbitMQ closes a connection that was silent for 8.
    with bench.worker(1) as (_, log):
        bench.work.sleep.delay(where, 15)
        bench.work.record.delay(where, "after")

        assert bench.noted(where, 3, seconds=40) == ["begins", "ends", "after"]
        assert "Connection to broker lost" not in log.read_text()


def test_what_is_done_is_acknowledged_while_the_next_task_runs(bench: Bench, where: str) -> None:
    with bench.worker(1) as (process, _):
        for number in range(5):
            bench.work.record.delay(where, number)
        bench.work.sleep.delay(f"{where}-long", 8)
        bench.noted(f"{where}-long")
        assert len(bench.noted(where, 5)) == 5
        time.sleep(3)
        os.killpg(process.pid, signal.SIGKILL)

    eventually(lambda: bench.waiting(bench.work.QUEUE) > 0, "the long task, back in its queue")
    assert bench.waiting(bench.work.QUEUE) == 1
    with bench.worker(1):
        bench.noted(f"{where}-long", 2)


def test_no_task_is_lost_with_a_connection(bench: Bench, where: str) -> None:
    url = urlsplit(bench.variables["TURBO_BROKER"])
    with cable(int(url.port or 0)) as line:
        through = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{line.port}")).geturl()
        with bench.worker(2, TURBO_BROKER=through) as (_, log):
            for part in range(4):
                for number in range(500):
                    bench.work.record.delay(where, part * 500 + number)
                eventually(partial(arrived, bench, where, part * 500 + 50), "some tasks")
                line.pull()
                line.plug()

            eventually(lambda: len(set(bench.list_(where))) == 2000, "every task", 60)
            assert log.read_text().count("Connection to broker lost") >= 2
    repeated = sum(Counter(bench.list_(where)).values()) - 2000
    # Four cuts, two processes, and each may have done what its acknowledgements did not yet say.
    assert repeated <= 4 * 2 * 64


def test_a_message_of_20_mib_arrives(bench: Bench, where: str) -> None:
    with bench.worker(1):
        bench.work.record.delay(where, "x" * 20 * 2**20)

        assert len(bench.noted(where, seconds=60)[0]) == 20 * 2**20

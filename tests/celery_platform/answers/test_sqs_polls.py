"""Whatever SQS answers to a poll, the worker goes on polling, says so once, and runs tasks when it may again."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running
from tests.harness.refusing_proxy import Refusals, error, refusing_proxy
from tests.harness.waiting import eventually

from .metrics import refusals_counted
from .sqs_words import of_operation

POLLS = of_operation("ReceiveMessage")
POOLS = ("threads", "turbo", "prefork", "gevent", "solo")
SAMPLE = ("ExpiredToken", "RequestThrottled", "a page without an error", "a closed connection")
QUEUES = 3  # of the pool
SEND = "from exercises.quick import note; note.delay({key!r}, {key!r})"


@dataclass
class Polling:
    """A worker behind a proxy that may refuse."""

    process: Any
    log: Path
    refusals: Refusals
    metrics_port: int


@pytest.fixture(scope="module")
def polling(sqs: TestEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Polling]]:
    """A worker of a pool type, the same for every answer."""
    made: dict[str, Polling] = {}
    with ExitStack() as stack:

        def worker(pool: str) -> Polling:
            if pool not in made:
                endpoint, refusals = stack.enter_context(refusing_proxy(sqs.endpoint))
                refusals.longest_poll = 1
                variant = sqs.variant(tmp_path_factory.mktemp(pool), pools={"io": {"type": pool, "concurrency": 1}})
                port = free_port()
                run, log = stack.enter_context(
                    variant.worker(
                        "io", AWS_ENDPOINT_URL=endpoint, CELERY_METRICS_PORT=str(port),
                        CELERY_METRICS_ADDRESS="127.0.0.1",
                    )
                )  # fmt: skip
                eventually(lambda: "ready" in log.read_text(), f"the worker:\n{log.read_text()}")
                made[pool] = Polling(run, log, refusals, port)
            return made[pool]

        yield worker


def cell(pool: str, name: str) -> Any:
    """One of all, of which `make test` tries a few."""
    sampled = (name in SAMPLE and pool in ("threads", "turbo")) or (name == "a list" and pool == "gevent")
    return pytest.param(pool, name, marks=() if sampled else pytest.mark.slow, id=f"{pool}-{name}")


@pytest.mark.parametrize(("pool", "name"), [cell(pool, name) for pool in POOLS for name in POLLS])
def test_a_worker_polls_on_after(polling: Callable[[str], Polling], sqs: TestEnvironment, pool: str, name: str) -> None:
    worker = polling(pool)
    said_before, counted_before = len(worker.log.read_text()), refusals_counted(worker.metrics_port, "ReceiveMessage")
    worker.refusals.refused.clear()

    worker.refusals.answer["ReceiveMessage"] = POLLS[name]
    eventually(lambda: worker.refusals.refused["ReceiveMessage"] >= 3 * QUEUES, "refused polls", 30)
    worker.refusals.answer.clear()
    key = f"after-{os.urandom(4).hex()}"
    sqs.python(SEND.format(key=key))

    eventually(lambda: key in sqs.services.notes, f"the note; worker log:\n{worker.log.read_text()[-3000:]}", 40)
    eventually(lambda: worker.log.read_text()[said_before:].count("answered again") == QUEUES, "the end of refusals")
    assert worker.process.poll() is None
    said = worker.log.read_text()[said_before:]
    assert said.count("is refused, and tried again") == QUEUES, said
    assert "Traceback" not in said
    assert refusals_counted(worker.metrics_port, "ReceiveMessage") > counted_before


WITHOUT = """
from celery_platform.transports.sqs import refused_polls as sqs_refused_polls
sqs_refused_polls.RefusedPolls.asynsqs = sqs_refused_polls.SQS.Channel.asynsqs
from celery_platform.worker.start import start_worker
start_worker("io")
"""


def test_without_the_guard_an_expired_token_ends_the_worker_or_its_polls(sqs: TestEnvironment, tmp_path: Path) -> None:
    log = tmp_path / "unguarded.log"
    with refusing_proxy(sqs.endpoint) as (endpoint, refusals):
        refusals.answer["ReceiveMessage"] = error(403, "ExpiredToken")
        with running([sys.executable, "-c", WITHOUT], log, sqs.variables | {"AWS_ENDPOINT_URL": endpoint}, 5):
            what = "the defect (if kombu no longer has it, remove app/celery_platform/transports/sqs/refused_polls.py)"
            eventually(lambda: "Request HTTP Error  HTTP 403" in log.read_text(), what, seconds=40)

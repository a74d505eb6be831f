"""Whatever SQS answers to deletes: what is done is deleted in the end and runs once, and nothing is taken meanwhile."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.celery_platform.transports.sqs.test_calls import left
from tests.harness.environment import TestEnvironment
from tests.harness.refusing_proxy import Answer, Answering, refusing_proxy
from tests.harness.waiting import eventually

from .sqs_words import of_operation

SEND = "from exercises import probe; [probe.due.delay({file!r}) for _ in range({count})]"
FIRST, LATER = 3, 30


def failing(code: str) -> Answering:
    """Every entry of a batch fails, each by itself."""

    def answer(body: bytes) -> Answer:
        failed = [{"Id": entry["Id"], "SenderFault": False, "Code": code} for entry in json.loads(body)["Entries"]]
        return Answer(200, json.dumps({"Failed": failed, "Successful": []}).encode())

    return answer


ENTRIES = {f"entry {code}": failing(code) for code in ("InternalError", "RequestThrottled", "ServiceUnavailable")}
# An answer that is taken for success: nothing can be known of it.
DELETES: dict[str, Any] = {
    name: answer for name, answer in of_operation("DeleteMessageBatch").items() if answer.status != 200
} | ENTRIES
SAMPLE = ("entry InternalError", "ExpiredToken")


def ran(file: Path) -> int:
    """How many tasks left a line."""
    return len(file.read_text().splitlines()) if file.exists() else 0


def cell(pool: str, name: str) -> Any:
    """One of all, of which `make test` tries a few."""
    sampled = name in SAMPLE and pool == "turbo"
    return pytest.param(pool, name, marks=() if sampled else pytest.mark.slow, id=f"{pool}-{name}")


@pytest.mark.parametrize(("pool", "name"), [cell(pool, name) for pool in ("turbo", "threads") for name in DELETES])
def test_what_is_done_is_deleted_after(sqs: TestEnvironment, tmp_path: Path, pool: str, name: str) -> None:
    file = tmp_path / "ran"
    variant = sqs.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1, "prefetch_multiplier": 4}})
    with (
        refusing_proxy(sqs.endpoint) as (endpoint, refusals),
        variant.worker("io", AWS_ENDPOINT_URL=endpoint) as (process, log),
    ):
        refusals.longest_poll = 1
        eventually(lambda: "ready" in log.read_text(), "the worker")
        refusals.answer["DeleteMessageBatch"] = DELETES[name]
        sqs.python(SEND.format(file=str(file), count=FIRST))
        eventually(lambda: ran(file) == FIRST and refusals.refused["DeleteMessageBatch"] >= 2, "refused deletes")
        sqs.python(SEND.format(file=str(file), count=LATER))
        time.sleep(2)
        if name not in ENTRIES:
            # A poll may have been under way, and brings at most what there was room for.
            assert ran(file) <= FIRST + 10, "messages are taken that cannot be deleted"
        refusals.answer.clear()

        eventually(lambda: ran(file) == FIRST + LATER and left(sqs) == 0, "the deletes", 60)
        assert process.poll() is None
    assert ran(file) == FIRST + LATER

"""Messages that nobody should send are rejected or dead-lettered, and kill no worker."""

import json
from pathlib import Path
from typing import Any

import amqp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.celery_platform.turbo.harness.bench import Bench

pytestmark = pytest.mark.usefixtures("worker")

JUNK = st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text(max_size=20)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        name: JUNK | st.lists(JUNK, max_size=3) | st.dictionaries(st.text(max_size=5), JUNK, max_size=2)
        for name in ("task", "id", "eta", "expires", "timelimit", "retries", "stamped_headers", "stamps", "root_id",
                     "argsrepr", "compression", "group", "shadow", "ignore_result", "lang")
    },
)  # fmt: skip
KNOWN = st.sampled_from(["tests.celery_platform.turbo.harness.work.record", "no.such.task"])
JSON = st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
BODY = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
ENCODING = st.sampled_from(["utf-8", "x", ""])
CONTENT = st.sampled_from(["application/json", "application/x-python-serialize", "text/plain", ""])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=HEADERS,
    name=st.none() | KNOWN,
    body=BODY,
    content_type=CONTENT,
    encoding=st.sampled_from(["utf-8", "x", ""]),
)
def test_malformed_messages_kill_no_worker(
    bench: Bench, headers: dict[str, Any], name: str | None, body: bytes, content_type: str, encoding: str
) -> None:
    if name:
        headers = headers | {"task": name}
    with bench.work.app.connection() as connection:
        channel = connection.default_channel
        message = amqp.Message(
            body, application_headers=headers, content_type=content_type, content_encoding=encoding, delivery_mode=2,
            priority=0, correlation_id="", reply_to="",
        )  # fmt: skip
        amqp.Channel.basic_publish(channel, message, "", bench.work.QUEUE)


def test_after_all_these_the_same_processes_work(bench: Bench, worker: Path, where: str) -> None:
    for number in range(100):
        bench.work.record.delay(where, number)

    bench.noted(where, 100, seconds=60)
    assert "ended with" not in worker.read_text()
    assert worker.read_text().count(" ready.") == 2

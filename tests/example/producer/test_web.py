"""The producer over HTTP, with real workers behind real brokers."""

import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running, wait_for_port
from tests.harness.waiting import eventually

PHOTOGRAPH = Path(__file__).parents[3] / "app" / "example" / "photographs" / "chelsea.jpg"
ORDER = {"amount_cents": 1999, "currency": "EUR"}


EMPTY = """
from celery_platform.brokers import broker_of
from shop.celery import celery
from celery_platform.settings import runtime
with celery.connection_for_write() as connection:
    broker_of(runtime()).purge(connection)
"""


@dataclass(frozen=True)
class Producer:
    """A producer that is up; `ask` is a request to it."""

    url: str
    process: Any

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any, dict[str, str]]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} if not isinstance(body, bytes) else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = urllib3.request(method, self.url + path, body=content, headers=headers, timeout=20, retries=False)
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, answer.json() if is_json else answer.data, dict(answer.headers)


@contextmanager
def producer(environment: TestEnvironment, **variables: str) -> Iterator[Producer]:
    port, log = free_port(), environment.folder / f"producer-{uuid.uuid4().hex[:6]}.log"
    command = [
        sys.executable,
        "-m",
        "celery_platform",
        "run",
        "--",
        "python",
        "-m",
        "shop",
        "producer",
        "--port",
        str(port),
    ]
    with running(command, log, environment.variables | variables) as process:
        wait_for_port(port, process, log)
        yield Producer(f"http://127.0.0.1:{port}", process)


def limited(environment: TestEnvironment, folder: Path, queue_length: int) -> dict[str, str]:
    """The environment with another limit of its queues' length."""
    resolved = environment.resolved | {"alerts": environment.resolved["alerts"] | {"queue_length": queue_length}}
    file = folder / "limited.json"
    file.write_text(json.dumps(resolved))
    return {"CELERY_ENVIRONMENT_FILE": str(file)}


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs"], indirect=True)
def test_work_goes_in_and_its_progress_comes_out(environment: TestEnvironment, key: str) -> None:
    with producer(environment) as web:
        status, taken, _ = web.ask("POST", "/orders", ORDER, key)
        again = web.ask("POST", "/orders", ORDER, key)
        _, picture, _ = web.ask("PUT", "/pictures/cat.jpg", PHOTOGRAPH.read_bytes(), f"{key}-picture")
        pending = web.ask("GET", taken["status"])
        assert (status, again[:2]) == (202, (202, taken))
        assert pending[1] == {"order": taken["order"], "state": "pending", "progress": "0/2", "charge": None}
        with environment.worker("io"), environment.worker("cpu"):
            charged = eventually(lambda: _in_state(web, taken["status"], "charged"), "the charge")
            done = eventually(lambda: _in_state(web, picture["status"], "done"), "the contact sheet")

        assert charged["progress"] == "2/2"
        assert done["progress"] == "4/4"
        code, sheet, headers = web.ask("GET", done["sheet"])
        assert (code, headers["Content-Type"], sheet[:2]) == (200, "image/jpeg", b"\xff\xd8")
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(10) == 0
    ledger = environment.services.world.payments.ledger()
    assert [charge["charge_id"] for charge in ledger if charge["order_id"] == taken["order"]] == [charged["charge"]]


def _in_state(web: Producer, path: str, state: str) -> Any:
    body = web.ask("GET", path)[1]
    return body if body["state"] == state else None


def test_wrong_requests_are_answered_with_what_is_wrong(sqs: TestEnvironment, key: str) -> None:
    with producer(sqs) as web:
        assert web.ask("POST", "/orders", ORDER, key)[0] == 202
        answers = {
            "no key": web.ask("POST", "/orders", ORDER),
            "another order under the key": web.ask("POST", "/orders", ORDER | {"amount_cents": 1}, key),
            "no amount": web.ask("POST", "/orders", {"currency": "EUR"}, f"{key}-1"),
            "a float": web.ask("POST", "/orders", ORDER | {"amount_cents": 1.5}, f"{key}-2"),
            "no JSON": web.ask("POST", "/orders", b"{", f"{key}-3"),
            "a folder": web.ask("PUT", "/pictures/..", b"x", f"{key}-4"),
            "an empty picture": web.ask("PUT", "/pictures/cat.jpg", b"", f"{key}-5"),
            "too large": web.ask("PUT", "/pictures/cat.jpg", bytes(65 * 2**20), f"{key}-6"),
            "no order": web.ask("GET", "/orders/nobody"),
            "no picture": web.ask("GET", "/pictures/a/b.jpg"),
            "nothing": web.ask("GET", "/"),
        }

    assert {name: answer[0] for name, answer in answers.items()} == {
        "no key": 400, "another order under the key": 422, "no amount": 400, "a float": 400, "no JSON": 400,
        "a folder": 404, "an empty picture": 400, "too large": 413, "no order": 404, "no picture": 404, "nothing": 404,
    }  # fmt: skip
    assert all(answer[1]["error"] for answer in answers.values())


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_queue_past_its_limit_refuses_work_until_it_is_shorter(
    environment: TestEnvironment, tmp_path: Path, key: str
) -> None:
    environment.python(EMPTY)
    with producer(environment, **limited(environment, tmp_path, 3)) as web:
        for number in range(3):
            assert web.ask("POST", "/orders", ORDER, f"{key}-{number}")[0] == 202

        def refused() -> Any:
            answer = web.ask("POST", "/orders", ORDER, f"{key}-{os.urandom(4).hex()}")
            return answer if answer[0] == 429 else None

        _, body, headers = eventually(refused, "the refusal")
        assert "the limit is 3" in body["error"]
        assert int(headers["Retry-After"]) >= 1
        with environment.worker("io"):
            last = f"{key}-last"
            eventually(lambda: web.ask("POST", "/orders", ORDER, last)[0] == 202, "room for work")


UNSENDABLE = """
from shop.producer.publishing import Publisher
from shop.producer.web import create_app
from shop.tasks.email import send_email
web = create_app()
calls = {
    "large": lambda: send_email.apply_async(("k", "a@example.com", "s", "x" * 20_000_000)),
    "object": lambda: send_email.apply_async(("k", "a@example.com", "s", object())),
    "late": lambda: send_email.apply_async(("k", "a@example.com", "s", "t"), countdown=401 * 86_400),
}
for name, publish in calls.items():
    web.add_url_rule(f"/{name}", name, lambda publish=publish: Publisher().run(publish))
for name in calls:
    answer = web.test_client().get(f"/{name}")
    print(answer.status_code, answer.headers.get("Retry-After"), answer.json["error"])
"""


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_message_that_cannot_be_sent_is_the_callers_error(environment: TestEnvironment) -> None:
    large, unserializable, late = environment.python(UNSENDABLE).splitlines()[-3:]

    assert large.startswith("422 None expected a message of at most")
    assert unserializable.startswith("422 None expected arguments of shop.tasks.email.send_email that JSON can carry")
    assert late.startswith("422 None expected a delay of shop.tasks.email.send_email of at most 400 days")


NOBODY = "amqp://127.0.0.1:9"


def test_without_a_broker_orders_are_refused_within_the_budget_and_nothing_is_forgotten(
    rabbitmq: TestEnvironment, tmp_path: Path, key: str
) -> None:
    with producer(rabbitmq.variant(tmp_path, broker_url=NOBODY)) as web:
        started = time.monotonic()
        status, body, headers = web.ask("POST", "/orders", ORDER, key)
        assert (status, int(headers["Retry-After"])) == (503, 2), body
        assert time.monotonic() - started < 15
    with producer(rabbitmq) as web:
        assert web.ask("POST", "/orders", ORDER, key)[0] == 202, "the same key must be free again"


def test_with_a_database_orders_are_taken_while_the_broker_is_away(
    rabbitmq: TestEnvironment, tmp_path: Path, key: str
) -> None:
    variables = {"CELERY_DATABASE_URL": f"sqlite:///{tmp_path}/shop.db"}
    with producer(rabbitmq.variant(tmp_path, broker_url=NOBODY), **variables) as web:
        status, taken, _ = web.ask("POST", "/orders", ORDER, key)
        assert (status, web.ask("GET", taken["status"])[1]["state"]) == (202, "pending")
        log = tmp_path / "relay.log"
        relay = running([sys.executable, "-m", "celery_platform", "relay"], log, rabbitmq.variables | variables)
        with relay, rabbitmq.worker("io", **variables):
            eventually(lambda: _in_state(web, taken["status"], "charged"), f"the charge: {log}")

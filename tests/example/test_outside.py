"""What the outside world promises to the tasks: the promises that the demo's counts of duplicates rest on."""

import json
import smtplib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest
from outside import mail, web
from outside.mail import Inbox
from outside.metrics import WINDOW_SECONDS, Metrics
from outside.payments import Payments

from tests.harness.processes import free_port

ORDER = {"order_id": "order-1", "amount_cents": 1250, "currency": "EUR"}


class Client:
    """Asks the server and returns status, body and headers."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        data = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=named)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - our own server
                return response.status, json.load(response), dict(response.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), dict(error.headers)

    def charge(self, key: str, order: dict[str, Any] | None = None, bearer: str = "secret") -> tuple[int, Any]:
        headers = {"Idempotency_Key": key, "Authorization": f"Bearer {bearer}"}
        status, body, _ = self.ask("POST", "/charges", order or ORDER, **headers)
        return status, body


@pytest.fixture
def client() -> Iterator[Client]:
    world = web.World(Payments(), Metrics(3), Inbox(), merchant_key="secret")
    server = web.serve(world, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Client(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_a_key_charges_once(client: Client) -> None:
    first, again = client.charge("key-1"), client.charge("key-1")

    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]
    _, ledger, _ = client.ask("GET", "/charges")
    assert [(row["order_id"], row["idempotency_key"], row["requests"]) for row in ledger] == [("order-1", "key-1", 2)]


def test_a_key_charges_once_when_many_ask_at_once(client: Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.charge("key-1"), range(64)))

    assert sorted(status for status, _ in answers) == [200] * 63 + [201]
    assert len({body["charge_id"] for _, body in answers}) == 1


def test_two_keys_for_one_order_show_as_two_charges(client: Client) -> None:
    client.charge("key-1")
    client.charge("key-2")

    _, ledger, _ = client.ask("GET", "/charges")
    assert [row["order_id"] for row in ledger] == ["order-1", "order-1"]


def test_a_key_used_for_another_order_is_refused(client: Client) -> None:
    client.charge("key-1")

    assert client.charge("key-1", ORDER | {"order_id": "order-2"})[0] == 422


def test_a_charge_needs_the_merchants_key(client: Client) -> None:
    assert client.charge("key-1", bearer="guess")[0] == 401

    assert client.charge("key-1")[0] == 201


def test_a_gateway_without_a_merchant_refuses_even_an_empty_key() -> None:
    world = web.World(Payments(), Metrics(3), Inbox())
    server = web.serve(world, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert Client(server.server_address[1]).charge("key-1", bearer="")[0] == 401
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "wrong", [{"amount_cents": 0}, {"amount_cents": -5}, {"amount_cents": "12"}, {"order_id": None}]
)
def test_a_malformed_charge_is_refused_and_charges_nothing(client: Client, wrong: dict[str, Any]) -> None:
    assert client.charge("key-1", ORDER | wrong)[0] == 400
    assert client.ask("GET", "/charges")[1] == []


def test_metrics_are_refused_above_the_rate_with_the_time_to_wait(client: Client) -> None:
    answers = [client.ask("GET", f"/users/{user}/metrics") for user in ("ada", "ada", "bob", "ada")]

    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    assert answers[0][1] == answers[1][1] != answers[2][1]
    assert set(answers[0][1]) == {"user_id", "followers", "posts"}
    assert 0 < int(answers[3][2]["Retry-After"]) <= WINDOW_SECONDS
    assert client.ask("GET", "/metrics-requests")[1] == {"served": 3, "refused": 1}


def test_a_caller_that_waits_as_told_is_served_and_not_before() -> None:
    now = [0.0]
    metrics = Metrics(2, clock=lambda: now[0])
    assert [metrics.admit(), metrics.admit()] == [0, 0]
    now[0] = 20.5

    wait = metrics.admit()

    assert wait == 40
    now[0] = WINDOW_SECONDS - 0.01
    assert metrics.admit() > 0
    now[0] = 20.5 + wait
    assert metrics.admit() == 0


def test_mail_is_received_once_for_each_recipient() -> None:
    inbox, port = Inbox(), free_port()
    server = mail.serve(inbox, "127.0.0.1", port)
    try:
        message = EmailMessage()
        message["Message-ID"], message["From"], message["Subject"] = "<1@shop>", "shop@example.com", "Grüße"
        message["To"] = "ada@example.com, bob@example.com"
        message.set_content("Thank you")
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
            smtp.send_message(message)
    finally:
        server.stop()

    received = [(row["message_id"], row["to"], row["subject"]) for row in inbox.messages()]
    assert received == [("<1@shop>", "ada@example.com", "Grüße"), ("<1@shop>", "bob@example.com", "Grüße")]


def test_an_unknown_path_is_a_404_and_the_connection_goes_on(client: Client) -> None:
    assert client.ask("POST", "/nothing", {"a": 1})[0] == 404
    assert client.ask("GET", "/health")[0] == 200

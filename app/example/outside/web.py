"""The HTTP interface of the payment gateway, the metrics API and the inbox: one server with one table of routes."""

import hmac
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from outside import metrics
from outside.mail import Inbox
from outside.metrics import Metrics
from outside.payments import KeyReusedError, Payments


@dataclass
class World:
    """All external services. `merchant_key` is the bearer token for charges; without a key every charge is refused."""

    payments: Payments
    metrics: Metrics
    inbox: Inbox
    merchant_key: str | None = None


@dataclass(frozen=True)
class Answer:
    """A response: status, JSON body, and further headers."""

    status: HTTPStatus
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def serve(world: World, host: str, port: int) -> ThreadingHTTPServer:
    """A server that is bound to the address. `.serve_forever()` runs it; `.server_address` has the port if `port` is 0.

    Raises:
        OSError: the port is taken.
    """
    return _Server((host, port), type("Handler", (_Handler,), {"world": world}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many workers connect at the same time; with the default of 5, some would wait a second


class _Handler(BaseHTTPRequestHandler):
    world: World
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/").split("/")
        match path:
            case ["health"]:
                self._send(Answer(HTTPStatus.OK, {"status": "ok"}))
            case ["charges"]:
                self._send(Answer(HTTPStatus.OK, self.world.payments.ledger()))
            case ["messages"]:
                self._send(Answer(HTTPStatus.OK, self.world.inbox.messages()))
            case ["metrics-requests"]:
                self._send(Answer(HTTPStatus.OK, self.world.metrics.counts()))
            case ["users", user_id, "metrics"] if user_id:
                self._send(_metrics(self.world, user_id))
            case _:
                self._send(_refuse(HTTPStatus.NOT_FOUND, f"nothing at {self.path}"))

    def do_POST(self) -> None:
        body = self._body()
        if self.path != "/charges":
            self._send(_refuse(HTTPStatus.NOT_FOUND, f"nothing at {self.path}"))
        elif not self._is_merchant():
            self._send(_refuse(HTTPStatus.UNAUTHORIZED, "Authorization: Bearer <the merchant's key> is needed"))
        else:
            self._send(_charge(self.world, self.headers.get("Idempotency-Key", ""), body))

    def _is_merchant(self) -> bool:
        key = self.world.merchant_key
        given = self.headers.get("Authorization", "")
        return key is not None and hmac.compare_digest(given.encode(), f"Bearer {key}".encode())

    def _body(self) -> Any:
        """The JSON body, or None. It is always read, because unread bytes would be parsed as the next request."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            return json.loads(raw)
        except ValueError:
            return None

    def _send(self, answer: Answer) -> None:
        payload = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(payload)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing for each request."""


def _refuse(status: HTTPStatus, why: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, {"error": why}, headers or {})


def _metrics(world: World, user_id: str) -> Answer:
    wait = world.metrics.admit()
    if wait:
        return _refuse(HTTPStatus.TOO_MANY_REQUESTS, f"try again in {wait} s", {"Retry-After": str(wait)})
    return Answer(HTTPStatus.OK, metrics.of_user(user_id))


def _charge(world: World, key: str, body: Any) -> Answer:
    wanted = {"order_id": str, "amount_cents": int, "currency": str}
    if not key:
        return _refuse(HTTPStatus.BAD_REQUEST, "the header Idempotency-Key is needed")
    if not isinstance(body, dict) or any(not isinstance(body.get(name), kind) for name, kind in wanted.items()):
        form = 'JSON {"order_id": text, "amount_cents": number, "currency": text} is expected'
        return _refuse(HTTPStatus.BAD_REQUEST, form)
    try:
        charge, is_new = world.payments.charge(key, body["order_id"], body["amount_cents"], body["currency"])
    except ValueError as error:
        return _refuse(HTTPStatus.BAD_REQUEST, str(error))
    except KeyReusedError as error:
        return _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    return Answer(HTTPStatus.CREATED if is_new else HTTPStatus.OK, charge.receipt())

"""An HTTP proxy before the AWS emulator that answers some operations itself, with what AWS may say."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

HOP_HEADERS = {"transfer-encoding", "connection", "content-length"}


@dataclass(frozen=True)
class Answer:
    """An answer instead of the emulator's. Without a status the connection is closed before there is any."""

    status: int | None
    body: bytes = b"{}"


# Makes the answer to a request's body; none for one that the emulator answers.
Answering = Callable[[bytes], Answer | None]


def error(status: int, code: str, message: str = "no reason") -> Answer:
    """An error as SQS words it in its JSON protocol.

    Example: `refusals.answer["ReceiveMessage"] = error(403, "ExpiredToken")`
    """
    return Answer(status, json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": message}).encode())


class Refusals:
    """Which operations are refused now, with what; how often that happened, and how often each was asked for.

    `status` is a bare status, `answer` a whole answer or what makes one of the request. `longest_poll` shortens what
    is asked of the emulator, in seconds.
    """

    longest_poll: int | None = None

    def __init__(self) -> None:
        self.status: dict[str, int] = {}
        self.answer: dict[str, Answer | Answering] = {}
        self.refused: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()


@contextmanager
def refusing_proxy(endpoint: str) -> Iterator[tuple[str, Refusals]]:
    """Yields the proxy's endpoint and its switch, for example `refusals.status["ReceiveMessage"] = 503`."""
    refusals = Refusals()
    handler = type(
        "Handler", (_Handler,), {"endpoint": endpoint, "refusals": refusals, "pool": urllib3.PoolManager(maxsize=16)}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # At the end it waits for open long polls, which would otherwise receive messages that no client gets.
    server.daemon_threads = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", refusals
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 15
    endpoint: str
    refusals: Refusals
    pool: urllib3.PoolManager

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        self.refusals.asked[operation] += 1
        refusal = self._refusal(operation, body)
        if refusal is not None:
            self.refusals.refused[operation] += 1
            if refusal.status is None:
                self.close_connection = True
                return
            self._answer(refusal.status, {}, refusal.body)
            return
        if operation == "ReceiveMessage" and self.refusals.longest_poll is not None:
            asked = json.loads(body)
            seconds = min(self.refusals.longest_poll, asked.get("WaitTimeSeconds", 0))
            body = json.dumps(asked | {"WaitTimeSeconds": seconds}).encode()
        # The client may go away in the middle of a long poll.
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        answer = self.pool.request(self.command, self.endpoint + self.path, body=body, headers=headers)
        with suppress(ConnectionError):
            self._answer(answer.status, dict(answer.headers), answer.data)

    def _refusal(self, operation: str, body: bytes) -> Answer | None:
        if operation in self.refusals.status:
            return Answer(self.refusals.status[operation])
        found = self.refusals.answer.get(operation)
        return found if found is None or isinstance(found, Answer) else found(body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _forward  # noqa: N815 - names of the base class

    def log_message(self, *_args: object) -> None:
        """Log nothing."""

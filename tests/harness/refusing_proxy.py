"""An HTTP proxy in front of the AWS emulator that answers some operations with another status."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

HOP_HEADERS = {"transfer-encoding", "connection", "content-length"}


class Refusals:
    """The status of refused operations, and counters of refused and of all requests."""

    def __init__(self) -> None:
        self.status: dict[str, int] = {}
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
        status = self.refusals.status.get(operation)
        if status is not None:
            self.refusals.refused[operation] += 1
            self._answer(status, {}, b"{}")
            return
        # The client may close the connection during a long poll.
        answer = self.pool.request(self.command, self.endpoint + self.path, body=body, headers=dict(self.headers))
        with suppress(ConnectionError):
            self._answer(answer.status, dict(answer.headers), answer.data)

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

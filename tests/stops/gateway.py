"""A payment gateway that takes its time, so that a worker can be stopped in the middle of a task."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MIB = 2**20


@dataclass
class Ledger:
    """How often each order was charged, once for each idempotency key; and when it was `asked` for and `answered`.

    The first answer for an order in `huge` is `huge[order]` MiB long: the task that reads it runs out of memory.
    """

    port: int = 0
    seconds: float = 3
    keys: set[str] = field(default_factory=set)
    charges: Counter[str] = field(default_factory=Counter)
    asked: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    huge: dict[str, int] = field(default_factory=dict)


@contextmanager
def slow_gateway(seconds: float) -> Iterator[Ledger]:
    """Charges at once and answers later: the effect is there while the task is not done."""
    ledger = Ledger(seconds=seconds)
    handler = type("Handler", (_Handler,), {"ledger": ledger})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    ledger.port = int(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield ledger
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    ledger: Ledger

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["order_id"]
        self.ledger.asked[order].append(time.monotonic())
        if self.headers["Idempotency-Key"] not in self.ledger.keys:
            self.ledger.keys.add(self.headers["Idempotency-Key"])
            self.ledger.charges[order] += 1
        time.sleep(self.ledger.seconds)
        # A task that is gone by now hears nothing.
        with suppress(ConnectionError):
            self._answer(json.dumps({"charge_id": f"charge-{order}"}).encode(), self.ledger.huge.pop(order, 0))
            self.ledger.answered[order].append(time.monotonic())

    def _answer(self, body: bytes, padding_mib: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + padding_mib * MIB))
        self.end_headers()
        for _ in range(padding_mib):
            self.wfile.write(b" " * MIB)
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

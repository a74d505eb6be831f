"""A payment gateway that takes its time, so that a pod can be stopped in the middle of a task."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Ledger:
    """How often each order was charged, once for each idempotency key; and when it was `asked` for and `answered`."""

    port: int = 0
    seconds: float = 3
    keys: set[str] = field(default_factory=set)
    charges: Counter[str] = field(default_factory=Counter)
    asked: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


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
        body = json.dumps({"charge_id": f"charge-{order}"}).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            return  # the task that asked is gone
        self.ledger.answered[order].append(time.monotonic())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

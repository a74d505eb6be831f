"""The service that the tests' tasks call. It responds slowly, so that a worker can be stopped during a task."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MIB = 2**20
SECRET = "ledgers-own"


@dataclass
class Ledger:
    """The entries: effects once for each idempotency key, notes once for each request; and when each entry was `asked`
    for and `answered`, in seconds of the monotonic clock.

    A response takes `seconds`, or the time in the name of an entry by `slow`. The first response for an entry in
    `huge` has `huge[entry]` MiB, so that the task that reads it runs out of memory.
    """

    port: int = 0
    seconds: float = 0
    keys: set[str] = field(default_factory=set)
    effects: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    asked: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    huge: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The URL."""
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def slow(entry: str, seconds: float) -> str:
        """The name of an entry whose response takes this long.

        Example: `Ledger.slow("entry-1", 8) == "entry-1/8"`
        """
        return f"{entry}/{seconds:g}"

    def enter(self, kind: str, entry: str, key: str) -> None:
        """Store a note, or an effect unless one with this key exists."""
        self.asked[entry].append(time.monotonic())
        if kind == "notes":
            self.notes.append(entry)
        elif key not in self.keys:
            self.keys.add(key)
            self.effects[entry] += 1


@contextmanager
def serving(seconds: float = 0) -> Iterator[Ledger]:
    """Run a ledger that stores an entry at once and responds later, so that the effect exists before the task ends."""
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
        entry = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["entry"]
        if self.headers["Authorization"] != f"Bearer {SECRET}":
            self.send_error(403, "this is not the ledger's secret")
            return
        self.ledger.enter(self.path.strip("/"), entry, self.headers["Idempotency-Key"])
        time.sleep(float(entry.rpartition("/")[2]) if "/" in entry else self.ledger.seconds)
        # The task may have been killed meanwhile.
        with suppress(ConnectionError):
            self._answer(json.dumps({"receipt": f"receipt-{entry}"}).encode(), self.ledger.huge.pop(entry, 0))
            self.ledger.answered[entry].append(time.monotonic())

    def _answer(self, body: bytes, padding_mib: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + padding_mib * MIB))
        self.end_headers()
        for _ in range(padding_mib):
            self.wfile.write(b" " * MIB)
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Log nothing."""

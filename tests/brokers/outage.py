"""Brokers that go away and come back."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.harness import servers
from tests.harness.processes import free_port
from tests.harness.refusing_proxy import Refusals


class RestartedStore:
    """A Valkey on a port of its own that finds its data again."""

    def __init__(self, folder: Path, program: str | None = None) -> None:
        self.folder, self.program, self.port, self._running = folder, program, free_port(), ExitStack()

    @contextmanager
    def up(self) -> Iterator[None]:
        """Run the store while the context is open."""
        self._start()
        try:
            yield
        finally:
            self._running.close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the store while the context is open."""
        self._running.close()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        self._running = ExitStack()
        self._running.enter_context(servers.valkey(self.folder, port=self.port, persistent=True, program=self.program))


@contextmanager
def refused(refusals: Refusals) -> Iterator[None]:
    """Let SQS answer 503 to every request about a queue while the context is open."""
    operations = ("ReceiveMessage", "SendMessage", "SendMessageBatch", "DeleteMessage", "ChangeMessageVisibility")
    refusals.status |= dict.fromkeys(operations, 503)
    try:
        yield
    finally:
        for operation in operations:
            refusals.status.pop(operation, None)

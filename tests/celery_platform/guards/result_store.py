"""A result store with outages, and producers that publish and wait for results during them."""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from celery import Celery
from celery_platform.guards import results_away
from redis import Redis

from tests.harness import servers
from tests.harness.processes import free_port
from tests.harness.waiting import eventually


class Store:
    """A separate Valkey server that can be started, stopped and frozen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self._running.enter_context(servers.valkey(self._folder, port=self.port))
        self._process = int(Redis(port=self.port).info("server")["process_id"])

    def refuse(self) -> None:
        self._running.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        os.kill(self._process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process, signal.SIGCONT)

    @contextmanager
    def away(self, how: str) -> Iterator[None]:
        """Let it refuse connections or hang while the context is open."""
        if how == "frozen":
            with self.frozen():
                yield
        else:
            self.refuse()
            yield
            self.start()


def producer(store: Store, *, guarded: bool = True) -> Celery:
    """An application with a task `theirs`, which another worker would run. Short timeouts make the tests fast."""
    app = Celery("theirs", broker=f"memory://{uuid.uuid4().hex}", backend=store.url, set_as_current=False)
    app.conf.update(redis_socket_timeout=2, redis_socket_connect_timeout=2, redis_retry_on_timeout=True)
    if guarded:
        results_away.subscribe_when_waiting(app)
    app.task(name="theirs")(theirs)
    return app


def theirs() -> None:
    """Do nothing: no worker runs the task here."""


def publish(app: Celery) -> Any:
    return app.tasks["theirs"].delay()


def done(store: Store, result: Any, value: Any) -> None:
    """Store a result on a separate connection, as a worker does at the end of a task."""
    Celery("worker", backend=store.url, set_as_current=False).backend.store_result(result.id, value, "SUCCESS")


def later(seconds: float, call: Any, *args: Any) -> None:
    threading.Timer(seconds, call, args).start()


def subscribed(store: Store, number: int) -> None:
    with Redis(port=store.port) as client:
        eventually(lambda: len(client.pubsub_channels("*task-meta*")) >= number, "the subscription", 10)

"""A pool whose task keeps the worker's event loop, and what other threads may do meanwhile."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class RunsTaskInLoop(ABC):
    """A pool that runs one task at a time, in the event loop's thread.

    Celery knows nothing of that task and its request. While it runs, another thread may use the connection to the
    broker: to send heartbeats and acknowledgements, or to give messages back before the process ends.
    """

    # Held by the event loop except while a task runs. Whoever has it may use the connection.
    connection_lock: threading.Lock
    # Makes Celery's request of the task that runs; `None` between tasks.
    running_request: Callable[[], Any] | None = None

    def request_of_running_task(self) -> Any | None:
        """Celery's request of the task that runs, made anew at each call; `None` when no task runs."""
        make = self.running_request  # another thread may end the task meanwhile
        return make() if make else None

    @abstractmethod
    def running_since(self) -> float | None:
        """When the task that runs began, in seconds since 1970; `None` between tasks."""

    def take_connection(self, seconds: float) -> bool:
        """Wait so many seconds at most for the connection; returns whether the caller has it now."""
        return self.connection_lock.acquire(timeout=seconds)

    @abstractmethod
    def settle_left(self) -> None:
        """Before the process ends, after its last acknowledgements: settle the deliveries that come again."""

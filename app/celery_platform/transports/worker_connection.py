"""What a worker asks of its connection to the broker while its event loop turns, and while a task keeps the loop."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar


class WorkerConnection(ABC):
    """A connection whose acknowledgements are flushed together, by the worker's event loop or its keepalive thread.

    Mixed in after the library's own class, whose attributes and methods of the same names then count.

    Example: `isinstance(consumer.connection.connection, WorkerConnection)`
    """

    # Called before pending acknowledgements are sent, for all messages that are done so far: it stores their results.
    before_acks: Callable[[], None] | None = None
    # Whether somebody flushes: the worker's event loop, once it has this connection. Without, each is sent at once.
    batches_acks: bool = False
    # Whether this process's next connection sends the acknowledgements that are pending when this one is lost. Without,
    # the broker delivers their messages again.
    keeps_acks: ClassVar[bool] = False
    # What is raised when the connection is lost.
    connection_errors: tuple[type[Exception], ...]

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the connection was neither closed nor given up."""

    @abstractmethod
    def flush_acknowledgements(self) -> None:
        """Send the acknowledgements that are pending on all channels.

        Raises:
            Exception: one of `connection_errors`. `keeps_acks` says what becomes of what was not acknowledged.
        """

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds within which the broker expects a heartbeat; 0 where the protocol has none, or none was agreed."""
        return 0.0

    def send_heartbeat(self) -> None:  # noqa: B027 - a protocol without heartbeats has nothing to send
        """Send a heartbeat, where the protocol has them."""

    def break_off(self) -> None:  # noqa: B027 - not every event loop needs that
        """Let the event loop find at its next read that the connection is lost, where it would not by itself."""

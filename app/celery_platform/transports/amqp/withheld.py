"""Acknowledgements that wait, so that the broker sends nothing while a consumer is cancelled.

What a quorum queue has sent and the channel has not passed on when it cancels the consumer goes back to the queue, and
counts as delivered (`rabbit_fifo_client`: a delivery for a consumer that is not known is returned). While the prefetch
window is full of messages that are done and not acknowledged, nothing is on its way.
"""

from abc import ABC, abstractmethod
from typing import Any


class WithholdsAcks(ABC):
    """A channel whose acknowledgements can be made to wait, for as long as it takes to cancel its consumers."""

    @abstractmethod
    def withhold(self) -> None:
        """Send no acknowledgements of finished tasks until `release`. Those of tasks that begin may be sent."""

    @abstractmethod
    def release(self) -> None:
        """Send what waits.

        Raises:
            OSError, RecoverableConnectionError: the broker delivers again what was not acknowledged.
        """


class AcksOneByOne(WithholdsAcks):
    """Mixed in before a channel of kombu's, which sends each acknowledgement by itself."""

    _waiting: list[tuple[int, bool]] | None = None

    def basic_ack(self, delivery_tag: int, multiple: bool = False, argsig: str = "Lb") -> Any:
        """Acknowledge a delivery, now or with `release`."""
        if self._waiting is None:
            return super().basic_ack(delivery_tag, multiple=multiple, argsig=argsig)  # type: ignore[misc]
        self._waiting.append((delivery_tag, multiple))
        return None

    def withhold(self) -> None:
        """Keep acknowledgements; those that are kept already stay."""
        if self._waiting is None:
            self._waiting = []

    def release(self) -> None:
        """Send those that were kept, in their order."""
        waiting, self._waiting = self._waiting or [], None
        for tag, multiple in waiting:
            self.basic_ack(tag, multiple=multiple)

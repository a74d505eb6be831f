"""Which of its lists a worker on Redis asks first: the queues of urgent messages."""

from collections.abc import Collection
from typing import Any

from kombu.utils.scheduling import round_robin_cycle


class HighFirst(round_robin_cycle):  # type: ignore[type-arg]
    """The order in which a worker polls its lists on Redis: urgent ones first, then the others in turn."""

    def __init__(self, high: Collection[str]) -> None:
        super().__init__()
        self.high = high

    def consume(self, n: int) -> Any:
        """The next `n` queues. Redis answers from the first that has a message."""
        return sorted(super().consume(n), key=lambda queue: queue not in self.high)

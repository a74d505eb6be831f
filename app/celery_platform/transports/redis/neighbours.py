"""On Redis, workers also restore the unacknowledged messages of other pools that drain the same queues.

Each pool records its unacknowledged messages under its own key, whose length its autoscaler reads (brokers/redis),
and kombu restores messages past their visibility timeout only under that key. The messages of a pool that never comes
back, such as one on Spot machines, would wait forever although workers of other pools could run them.
"""

from typing import Any

from celery_platform.brokers.redis.keys import NEIGHBOURS, index_key, mutex_key
from celery_platform.transports.redis.full import LeavesFull


class _OfNeighbour(LeavesFull):
    """kombu's search, under the keys of another pool."""

    def __init__(self, channel: Any, kept: str) -> None:
        super().__init__(channel)
        self._kept = kept

    @property
    def unacked_key(self) -> str:
        return self._kept

    @property
    def unacked_index_key(self) -> str:
        return index_key(self._kept)

    @property
    def unacked_mutex_key(self) -> str:
        return mutex_key(self._kept)


class RestoresNeighbours(LeavesFull):
    """kombu's record of what is held, which also checks what other pools no longer hold."""

    _neighbours: list[_OfNeighbour] | None = None

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Requeue messages past their visibility timeout; each key is checked once per `interval` calls."""
        super().restore_visible(start, num, interval)
        if self._neighbours is None:
            channel: Any = self.channel
            options = channel.connection.client.transport_options
            self._neighbours = [_OfNeighbour(channel, kept) for kept in options.get(NEIGHBOURS, ())]
        for neighbour in self._neighbours:
            neighbour.restore_visible(start, num, interval)

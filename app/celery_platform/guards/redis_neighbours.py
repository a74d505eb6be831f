"""What a pool's killed workers held on Redis is also found by the workers of pools that drain the same queues.

Each pool notes what it holds under a key of its own, whose length its autoscaler reads (brokers/redis.py), and kombu
looks for messages past their visibility timeout under that key alone: those of a pool that never comes back, such as
one on Spot machines, would wait for ever beside workers that could run them.
"""

from typing import Any

from kombu.transport import redis

from celery_platform.brokers.redis_keys import NEIGHBOURS, index_key, mutex_key


class _OfNeighbour(redis.QoS):
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


class LooksAtNeighbours(redis.QoS):
    """kombu's bookkeeping of what is held, with an eye on what others no longer hold."""

    _neighbours: list[_OfNeighbour] | None = None

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Put back what is past its visibility timeout; each key is looked at once in `interval` calls."""
        super().restore_visible(start, num, interval)
        if self._neighbours is None:
            channel: Any = self.channel
            options = channel.connection.client.transport_options
            self._neighbours = [_OfNeighbour(channel, kept) for kept in options.get(NEIGHBOURS, ())]
        for neighbour in self._neighbours:
            neighbour.restore_visible(start, num, interval)

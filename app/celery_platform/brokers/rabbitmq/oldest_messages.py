"""The age of the oldest waiting message, computed from totals over time because RabbitMQ does not report it.

A queue delivers in order. If `n` messages wait and `p` were ever published, the oldest one is number `p - n + 1`, and
it arrived when the total passed that number. The result is exact to one polling interval. After a start of the
exporter, it is a lower bound: the time since the first poll.
"""

import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from celery_platform.observability.exporter.reading import QueueReading

# At one poll every 15 s, three hours. A message older than that is reported as three hours old.
KEEP_POLLS = 720


class OldestMessages:
    """Keeps the totals of each queue at each poll.

    Example: `OldestMessages().aged({"q": QueueReading(ready=1, published=1)})["q"].oldest_seconds == 0.0`
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[list[int], list[float]]] = {}

    def aged(self, queues: Mapping[str, QueueReading], now: float | None = None) -> dict[str, QueueReading]:
        """The same readings, with ages. The totals of deleted queues are dropped."""
        now = time.monotonic() if now is None else now
        self._seen = {name: seen for name, seen in self._seen.items() if name in queues}
        return {name: replace(queue, oldest_seconds=self._age(name, queue, now)) for name, queue in queues.items()}

    def _age(self, name: str, queue: QueueReading, now: float) -> float:
        published = queue.published or 0
        totals, times = self._seen.setdefault(name, ([], []))
        if totals and published < totals[-1]:  # the broker was restarted, and counts from zero again
            totals.clear()
            times.clear()
        if not totals or published > totals[-1]:
            totals.append(published)
            times.append(now)
        if queue.ready == 0:
            # No message is waiting, so the next one will be newer than this poll.
            del totals[:-1], times[:-1]
            times[0] = now
            return 0.0
        del totals[:-KEEP_POLLS], times[:-KEEP_POLLS]
        first = bisect_right(totals, published - queue.ready)
        return now - times[min(first, len(times) - 1)]

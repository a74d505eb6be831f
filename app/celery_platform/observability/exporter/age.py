"""How old the oldest waiting message is, on a broker that does not say: worked out from totals over time.

A queue hands out in order, so with `n` messages waiting of `p` ever published, the oldest is number `p - n + 1`, and it
came when the total passed that number. Exact to one poll; after a start, at least what has been seen since.
"""

import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from celery_platform.observability.exporter.reading import QueueReading

# At one poll every 15 s: three hours. A message older than that is three hours old to whoever reads the alert.
KEEP_LOOKS = 720


class OldestMessages:
    """Remembers the totals of each queue.

    Example: `OldestMessages().aged({"q": QueueReading(ready=1, published=1)})["q"].oldest_seconds == 0.0`
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[list[int], list[float]]] = {}

    def aged(self, queues: Mapping[str, QueueReading], now: float | None = None) -> dict[str, QueueReading]:
        """The same readings, with ages. Queues that are gone are forgotten."""
        now = time.monotonic() if now is None else now
        self._seen = {name: seen for name, seen in self._seen.items() if name in queues}
        return {name: replace(queue, oldest_seconds=self._age(name, queue, now)) for name, queue in queues.items()}

    def _age(self, name: str, queue: QueueReading, now: float) -> float:
        published = queue.published or 0
        totals, times = self._seen.setdefault(name, ([], []))
        if totals and published < totals[-1]:  # the broker was restarted and counts from zero
            totals.clear()
            times.clear()
        if not totals or published > totals[-1]:
            totals.append(published)
            times.append(now)
        if queue.ready == 0:
            # Nothing waits: what comes next is newer than this poll.
            del totals[:-1], times[:-1]
            times[0] = now
            return 0.0
        del totals[:-KEEP_LOOKS], times[:-KEEP_LOOKS]
        first = bisect_right(totals, published - queue.ready)
        return now - times[min(first, len(times) - 1)]

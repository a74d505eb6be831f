"""How long an attempt took lately, by queue, from the sums that workers keep in Valkey."""

from collections import deque
from collections.abc import Mapping

from celery_platform.observability.exporter.store import ask, pairs
from celery_platform.observability.runtimes import ATTEMPTS, MICROSECONDS, runtimes_key

# What attempts of this long ago took no longer counts.
WINDOW_SECONDS = 900.0

# Queue -> the number of attempts, and the seconds that they took together.
Sums = Mapping[str, tuple[int, float]]


def read_runtimes(store_url: str, prefix: str) -> Sums:
    """The sums since the store has them; `prefix` is the environment's, such as `celery-prod`.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses the command.
    """
    (found,) = ask(store_url, ("HGETALL", runtimes_key(prefix)))
    values = dict(pairs(found))
    labels = {field.rpartition(":")[0] for field in values}
    return {
        label: (int(values.get(f"{label}:{ATTEMPTS}", 0)), int(values.get(f"{label}:{MICROSECONDS}", 0)) / 1e6)
        for label in labels
    }


class Runtimes:
    """The mean of the last fifteen minutes; without attempts in them, the last mean that is known.

    Example: `Runtimes().means({"email": (10, 25.0)}, now=0.0) == {"email": 2.5}`
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Sums]] = deque()
        self._means: dict[str, float] = {}

    def means(self, sums: Sums, now: float) -> Mapping[str, float]:
        """Queue -> seconds of an attempt, with what was read at this time (monotonic clock)."""
        if self._seen and any(count < self._seen[-1][1].get(label, (0, 0.0))[0] for label, (count, _) in sums.items()):
            self._seen.clear()  # the store was emptied, and the sums begin again
        self._seen.append((now, sums))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW_SECONDS:
            self._seen.popleft()
        before = self._seen[0][1] if len(self._seen) > 1 else {}
        for label, (count, seconds) in sums.items():
            earlier_count, earlier_seconds = before.get(label, (0, 0.0))
            if count > earlier_count:
                self._means[label] = (seconds - earlier_seconds) / (count - earlier_count)
        return dict(self._means)

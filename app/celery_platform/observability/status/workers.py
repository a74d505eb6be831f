"""Poll the metrics of many workers at the same time."""

import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_SECONDS = 2
AT_ONCE = 32
BUCKET = "celery_task_queue_wait_time_bucket"


@dataclass
class WorkersSeen:
    """Sums over the workers that answered. `waits` is a histogram per queue: bound -> number of waits below it."""

    gauges: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    started: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    consumers: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: dict[str, dict[float, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    answered: int = 0

    def add(self, text: str) -> None:
        """Add the metrics of one worker."""
        self.answered += 1
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                queue = sample.labels.get("queue_name", "")
                if sample.name == BUCKET:
                    self.waits[queue][float(sample.labels["le"])] += sample.value
                elif sample.name == "celery_task_started_total":
                    self.started[queue] += sample.value
                elif sample.name == "celery_active_consumer_count":
                    self.consumers[queue] += sample.value
                elif sample.name.startswith("celery_worker_"):
                    self.gauges[sample.name].append(sample.value)


def together(pools: Iterable[WorkersSeen]) -> WorkersSeen | None:
    """The sums over the workers of several pools that share queues; `None` if no pool was polled.

    Example: `together([]) is None`
    """
    several = list(pools)
    if len(several) < 2:
        return several[0] if several else None
    whole = WorkersSeen()
    for seen in several:
        whole.answered += seen.answered
        for name, values in seen.gauges.items():
            whole.gauges[name].extend(values)
        for queue, count in seen.started.items():
            whole.started[queue] += count
        for queue, count in seen.consumers.items():
            whole.consumers[queue] += count
        for queue, waits in seen.waits.items():
            for bound, below in waits.items():
                whole.waits[queue][bound] += below
    return whole


def ask_workers(addresses: Iterable[str]) -> WorkersSeen:
    """Poll the worker at each `host:port`; one that does not answer within two seconds is left out."""
    seen = WorkersSeen()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for text in pool.map(_ask, addresses):
            if text is not None:
                seen.add(text)
    return seen


def quantile(share: float, now: dict[float, float], before: dict[float, float]) -> float | None:
    """The bound below which `share` of the values counted since `before` lie; `None` if there are none.

    Example: `quantile(0.95, {1.0: 9, float("inf"): 10}, {}) == float("inf")`
    """
    counts = {bound: now[bound] - before.get(bound, 0) for bound in sorted(now)}
    total = counts.get(float("inf"), 0)
    if total <= 0:
        return None
    return next(bound for bound, below in counts.items() if below >= share * total)


def _ask(address: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())
    except OSError:
        return None

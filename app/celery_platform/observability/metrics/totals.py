"""`celery_task_total` by state, computed at each scrape from the counters of each state."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric

LABELS = ("name", "queue_name", "hostname", "state")
PREFIX = "celery_task_"


class WithTotals:
    """A collector that yields the metrics of `collect`, and the total.

    `known` are the name, queue and hostname of the expected tasks. Their totals start at zero, because a rate ignores
    what a series had already counted when it appeared.
    """

    def __init__(self, collect: Callable[[], Iterable[Metric]], known: Iterable[tuple[str, str, str]] = ()) -> None:
        self._collect = collect
        self._zeros: dict[tuple[str, ...], float] = {
            (*labels, state): 0.0 for labels in known for state in ("succeeded", "failed")
        }

    def collect(self) -> Iterator[Metric]:
        """All metric families."""
        totals: dict[tuple[str, ...], float] = defaultdict(float, self._zeros)
        for family in self._collect():
            yield family
            if family.type == "counter" and family.name.startswith(PREFIX):
                state = family.name.removeprefix(PREFIX)
                for sample in family.samples:
                    if sample.name.endswith("_total"):
                        totals[*(sample.labels[label] for label in LABELS[:-1]), state] += sample.value
        total = CounterMetricFamily(PREFIX.rstrip("_"), "Number of messages and attempts, by state.", labels=LABELS)
        for labels, value in totals.items():
            total.add_metric(labels, value)
        yield total

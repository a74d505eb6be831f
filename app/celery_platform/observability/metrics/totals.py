"""`celery_task_total` by state, added up at each scrape from the counters of each state."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric

LABELS = ("name", "queue_name", "hostname", "state")
PREFIX = "celery_task_"


class WithTotals:
    """A collector that yields what `collect` does, and the total.

    `known` are the name, queue and hostname of the tasks to expect: their totals begin at zero, since a rate sees
    nothing of what a series had counted when it appeared.
    """

    def __init__(self, collect: Callable[[], Iterable[Metric]], known: Iterable[tuple[str, str, str]] = ()) -> None:
        self._collect = collect
        self._zeros: dict[tuple[str, ...], float] = {
            (*labels, state): 0.0 for labels in known for state in ("succeeded", "failed")
        }

    def collect(self) -> Iterator[Metric]:
        """All families."""
        totals: dict[tuple[str, ...], float] = defaultdict(float, self._zeros)
        for family in self._collect():
            yield family
            if family.type == "counter" and family.name.startswith(PREFIX):
                state = family.name.removeprefix(PREFIX)
                for sample in family.samples:
                    if sample.name.endswith("_total"):
                        totals[*(sample.labels[label] for label in LABELS[:-1]), state] += sample.value
        total = CounterMetricFamily(PREFIX.rstrip("_"), "Number of attempts, by what became of them.", labels=LABELS)
        for labels, value in totals.items():
            total.add_metric(labels, value)
        yield total

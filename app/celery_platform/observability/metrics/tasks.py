"""The counters and histograms of tasks, named as in the popular celery-exporter, so that its dashboards work.

Labels are bounded: a task name is one that the application registers, the queue follows from it, and each process uses
only the first forty exception classes that it sees. `hostname` is the pool and the host, without the part of Celery's
node name that changes at each start.
"""

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any

from celery.signals import after_task_publish, task_rejected, task_unknown
from prometheus_client import CollectorRegistry, Counter, Histogram

from celery_platform.observability.outcome import Outcome, Start, listen
from celery_platform.reliability import signals
from celery_platform.routes import label_of, queue_of
from celery_platform.settings import Resolved

OTHER = "other"
MAX_NAMES = 40
TASK_LABELS = ("name", "queue_name", "hostname")
RUNTIME_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
WAIT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
# Outcome -> celery-exporter's counter for it. `lost` and `waiting` are the platform's own: celery-exporter counts both
# as retries.
COUNTER_OF_STATE = {
    "succeeded": "succeeded", "failed": "failed", "timed_out": "failed", "retried": "retried",
    "rejected": "rejected", "revoked": "revoked", "lost": "lost", "waiting": "waited", "ignored": "ignored",
}  # fmt: skip
HELP = {
    "sent": "Number of messages that this process published.",
    "received": "Number of messages that the worker received.",
    "started": "Number of attempts that started.",
    "succeeded": "Number of attempts that succeeded.",
    "failed": "Number of attempts that failed for good, by exception.",
    "retried": "Number of attempts that ended in a retry after an error.",
    "rejected": "Number of messages that were requeued, or dead-lettered without being run.",
    "revoked": "Number of messages that were revoked or had expired.",
    "lost": "Number of attempts whose process died; the broker delivers their messages again.",
    "waited": "Number of attempts that were postponed by a rate limit, or by another attempt at the same effect.",
    "ignored": "Number of attempts that raised Ignore.",
}


class TaskMetrics:
    """The metrics of one process. `hostname` is the value of that label.

    Example: `TaskMetrics(registry, environment, "io@host-1").connect()`
    """

    def __init__(self, registry: CollectorRegistry | None, environment: Resolved, hostname: str) -> None:
        self._environment = environment
        self._hostname = hostname
        self._exceptions: set[str] = set()
        self._counters = {
            state: Counter(
                f"celery_task_{state}", text, (*TASK_LABELS, *(("exception",) if state == "failed" else ())),
                registry=registry,
            )
            for state, text in HELP.items()
        }  # fmt: skip
        threshold = environment.alerts["queue_wait_seconds"]
        self._runtime = _histogram(registry, "celery_task_runtime", "Runtime of attempts, in seconds.", RUNTIME_BUCKETS)
        # The objective is the bound of a bucket, so that the share of tasks within it is exact.
        self._wait = _histogram(
            registry, "celery_task_queue_wait_time",
            "Time from when messages were due until their attempt started, in seconds.",
            sorted({*WAIT_BUCKETS, threshold}),
        )  # fmt: skip
        counter = partial(Counter, registry=registry)
        self._idempotency_hits = counter(
            "celery_idempotency_hits",
            "Number of effects that were skipped because they had already been done.",
            ("effect", "hostname"),
        )
        self._rate_limit_waits = counter(
            "celery_rate_limit_waits",
            "Number of attempts that a shared rate limit postponed.",
            ("limit", "hostname"),
        )
        self._rate_limit_seconds = counter(
            "celery_rate_limit_wait_seconds",
            "Time for which a shared rate limit postponed attempts, in seconds.",
            ("limit", "hostname"),
        )
        self._dead_letters = counter(
            "celery_dead_letters_published", "Number of messages that were moved to a dead letter queue.", TASK_LABELS
        )
        self._settled = counter(
            "celery_deliveries_settled",
            "Number of deliveries that the worker settled, by what became of them.",
            (*TASK_LABELS, "settlement"),
        )
        self._unaccounted = counter(
            "celery_deliveries_unaccounted",
            "Number of messages and slots that this worker held without a task; its liveness probe fails.",
            ("problem", "hostname"),
        )
        dropped = "Number of events of tasks that were not kept, because the store did not answer."
        self._events_dropped = counter("celery_timeline_events_dropped", dropped, ("hostname",))
        self._refusals = counter(
            "celery_broker_refusals",
            "Number of times that the broker or a store refused an operation of this process, by its answer.",
            ("operation", "answer", "hostname"),
        )
        self._answers, self._known = set[str](), set[str]()
        self._labels = cache(self._labels_of)
        self._child = cache(self._child_of)

    def begin_at_zero(self, tasks: Iterable[str], queues: Iterable[str]) -> list[tuple[str, str, str]]:
        """Create the series of the tasks whose queues (labels) are in `queues`, and return their metric labels."""
        self._known.update(tasks)
        known = [self._labels(name) for name in self._known if label_of(self._environment, name) in set(queues)]
        for labels in known:
            for family in (*self._counters.values(), self._runtime, self._wait, self._dead_letters):
                if family is not self._counters["failed"]:  # its exceptions are not known in advance
                    family.labels(*labels)
        return known

    def connect(self) -> None:
        """Start counting, through Celery's signals and the listeners of outcomes."""
        listen(received=self._received, start=self._started, outcome=self._ended)
        after_task_publish.connect(self._sent, weak=False)
        task_rejected.connect(self._rejected, weak=False)
        task_unknown.connect(self._rejected, weak=False)
        signals.effect_repeated.connect(self._repeated, weak=False)
        signals.rate_limit_waited.connect(self._waited, weak=False)
        signals.dead_letter_published.connect(self._dead_lettered, weak=False)
        signals.delivery_settled.connect(self._settle, weak=False)
        signals.delivery_unaccounted.connect(self._miss, weak=False)
        signals.broker_refused.connect(self._refused, weak=False)
        signals.events_dropped.connect(self._dropped, weak=False)

    def _labels_of(self, name: str) -> tuple[str, str, str]:
        if name not in self._known or label_of(self._environment, name) is None:
            return OTHER, OTHER, self._hostname
        return name, queue_of(self._environment, name).name, self._hostname

    def _child_of(self, family: Any, *labels: str) -> Any:
        """A series of a family. The lookup is cached because it costs more than counting."""
        return family.labels(*labels)

    def _count(self, state: str, name: str, *more: str) -> None:
        self._child(self._counters[state], *self._labels(name), *more).inc()

    def _sent(self, sender: Any = None, **_: Any) -> None:
        self._count("sent", str(sender))

    def _received(self, task: str) -> None:
        self._count("received", task)

    def _rejected(self, name: str = "", **_: Any) -> None:
        self._count("rejected", name)

    def _started(self, start: Start) -> None:
        self._count("started", start.task)
        if start.wait_seconds is not None:
            self._child(self._wait, *self._labels(start.task)).observe(start.wait_seconds)

    def _ended(self, outcome: Outcome) -> None:
        state = COUNTER_OF_STATE.get(outcome.state, "ignored")
        self._count(state, outcome.task, *((self._exception(outcome.error),) if state == "failed" else ()))
        if outcome.run_seconds is not None:
            self._child(self._runtime, *self._labels(outcome.task)).observe(outcome.run_seconds)

    def _exception(self, error: BaseException | None) -> str:
        return _bounded(type(error).__name__, self._exceptions)

    def _repeated(self, key: str = "", **_: Any) -> None:
        # A key is `<effect>:<id>`. Only the effect is used as a label, because ids are unbounded.
        effect = key.partition(":")[0] if ":" in key else OTHER
        self._child(self._idempotency_hits, effect, self._hostname).inc()

    def _waited(self, limit: str = OTHER, seconds: float = 0, **_: Any) -> None:
        self._child(self._rate_limit_waits, limit, self._hostname).inc()
        self._child(self._rate_limit_seconds, limit, self._hostname).inc(seconds)

    def _dead_lettered(self, task: str = "", **_: Any) -> None:
        self._child(self._dead_letters, *self._labels(task)).inc()

    def _settle(self, task: str = "", settlement: str = "", **_: Any) -> None:
        self._child(self._settled, *self._labels(task), settlement).inc()

    def _miss(self, problem: str = OTHER, **_: Any) -> None:
        self._child(self._unaccounted, problem, self._hostname).inc()

    def _dropped(self, number: int = 0, **_: Any) -> None:
        self._child(self._events_dropped, self._hostname).inc(number)

    def _refused(self, operation: str = OTHER, answer: str = OTHER, **_: Any) -> None:
        self._child(self._refusals, operation, _bounded(answer, self._answers), self._hostname).inc()


def _bounded(name: str, named: set[str]) -> str:
    """The name, or `other` for those after the first forty: what an answer is called is not ours to bound."""
    if len(named) < MAX_NAMES:
        named.add(name)
    return name if name in named else OTHER


def _histogram(registry: CollectorRegistry | None, name: str, text: str, buckets: Iterable[float]) -> Histogram:
    bounds: Sequence[float] = tuple(buckets)
    return Histogram(name, text, TASK_LABELS, buckets=bounds, registry=registry)

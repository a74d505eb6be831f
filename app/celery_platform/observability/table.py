"""`python -m celery_platform.observability.table` prints the README's table of metrics from the metrics themselves."""

import os
import re
from collections.abc import Iterator
from types import SimpleNamespace

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest

from celery_platform.environment.files import resolved_file
from celery_platform.observability.exporter.beat import BeatReading
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.observability.metrics.state import WorkerState
from celery_platform.observability.metrics.tasks import TaskMetrics
from celery_platform.observability.metrics.totals import WithTotals
from celery_platform.observability.outbox_report import OutboxReport
from celery_platform.settings.resolved import Resolved, read

FAMILY = re.compile(r"^# HELP (celery_\w+) (.*)\n# TYPE \1 (\w+)\n(?:\1\w*(?:\{(.*?)\})? )?", re.MULTILINE)


def rows() -> Iterator[tuple[str, str, str, str]]:
    """The name, type, help text and server (worker or exporter) of each metric."""
    disable_created_metrics()
    environment = read(resolved_file("local"))
    for who, registry in (("worker", _worker(environment)), ("exporter", _exporter(environment))):
        for name, text, kind, _ in FAMILY.findall(generate_latest(registry).decode()):
            yield name, kind, text, who


def _worker(environment: Resolved) -> CollectorRegistry:
    counted, served = CollectorRegistry(), CollectorRegistry()
    TaskMetrics(counted, environment, "io@host")
    # A stand-in for a connected worker with a heartbeat file, so that all gauges have a value.
    os.environ.setdefault("CELERY_HEARTBEAT_FILE", __file__)
    consumer = SimpleNamespace(qos=SimpleNamespace(value=1))
    controller = SimpleNamespace(consumer=consumer, pool=None)
    served.register(WorkerState(environment, environment.pool("io"), "io@host", controller))
    served.register(WithTotals(counted.collect))
    return served


def _exporter(environment: Resolved) -> CollectorRegistry:
    queue, node = QueueReading(0, 0, 0, 0, 0, 0), NodeReading(running=True, disk_free=0, disk_free_limit=0)
    names = [queue.name for queue in environment.queues.values()]
    last_poll = LastPoll(
        environment,
        10,
        beat=BeatReading(locked=True, has_entries=True, overdue_seconds=0),
        soft_stops={},
        paused=frozenset(),
        outbox=OutboxReport(at=1.0),
    )
    last_poll.remember(Reading(dict.fromkeys(names, queue), {"node": node}), 0)
    registry = CollectorRegistry()
    registry.register(LastPollCollector(last_poll))
    return registry


if __name__ == "__main__":
    print("| metric | type | meaning | served by |\n|---|---|---|---|")
    for name, kind, text, who in rows():
        print(f"| `{name}` | {kind} | {text} | {who} |")

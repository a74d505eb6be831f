"""A real Prometheus with the rules of an environment, whose queues had late tasks in the last hours."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from celery_platform.observability.alerts.render import rules

from tests.harness.processes import find_program

from .prometheus import Monitoring, monitoring

MINUTES = 7 * 60
A_MINUTE = 10
ALERTS = "celery-alerts"


@contextmanager
def with_late_tasks(
    resolved: Mapping[str, Any], folder: Path, late: Mapping[str, float], *, alerting: bool = True
) -> Iterator[Monitoring]:
    """Ten tasks a minute began in each queue for seven hours; `late` is which share of the last hour's were late.

    Five messages were in each queue, and from half an hour to twenty minutes ago 500.

    Args:
        resolved: the values of the environment.
        folder: for everything that Prometheus writes.
        late: shares by the name of a queue on the broker.
        alerting: whether alerts are evaluated; some would fire because nothing is scraped.
    """
    objective = float(resolved["alerts"]["queue_wait_seconds"])
    text = folder / "history.txt"
    text.write_text("".join(_families(objective, late)))
    made = [find_program("promtool", "prometheus"), "tsdb", "create-blocks-from", "openmetrics", str(text)]
    subprocess.run([*made, str(folder / "prometheus")], check=True, capture_output=True)
    groups = [group for group in rules(resolved)["groups"] if alerting or group["name"] != ALERTS]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
    with monitoring(folder, folder / "rules.yml", [], []) as watching:
        yield watching


def _families(objective: float, late: Mapping[str, float]) -> Iterator[str]:
    """The histogram of waits and the backlogs as OpenMetrics, a sample a minute until now."""
    name, now = "celery_task_queue_wait_time", time.time()
    yield f"# TYPE {name} histogram\n"
    for queue, share in late.items():
        for part, total in (("count", 1.0), ("bucket", 1.0), ("bucket", 1 - share)):
            bound = "" if part == "count" else f',le="{"+Inf" if total == 1.0 else objective}"'
            count = 0.0
            for minute in range(MINUTES):
                count += A_MINUTE * (total if minute >= MINUTES - 60 else 1.0)
                at = now - 60 * (MINUTES - 1 - minute)
                yield f'{name}_{part}{{name="t",queue_name="{queue}"{bound}}} {count} {at:.3f}\n'
    yield "# TYPE celery_queue_backlog gauge\n"
    for queue in late:
        for minutes_ago in range(MINUTES, -1, -1):
            count = 500 if 20 <= minutes_ago <= 30 else 5
            yield f'celery_queue_backlog{{queue_name="{queue}"}} {count} {now - 60 * minutes_ago:.3f}\n'
    yield "# EOF\n"

"""How fast a queue uses up its error budget, as the alerts measure it and as people are shown it.

The error budget is the share of tasks that may start later than the objective (`1 - queue_wait_objective`). At a burn
rate of 1 it lasts for 30 days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from celery_platform.observability.alerts.alert import Thresholds

DAYS = 30
# With fewer tasks in a window, a single late one would be a large percentage.
LEAST_TASKS = 10
# A share cannot exceed 1. Without the cap, a loose objective would make an alert that never fires.
MOST_LATE = 0.9


@dataclass(frozen=True)
class Burn:
    """A burn rate over which an alert fires. Windows are durations in Prometheus's syntax.

    It has to hold in a long window, so that the alert is significant, and in a short one, so that it resolves soon
    after the problem ends.
    """

    long: str
    short: str
    rate: float


# Google's SRE workbook, "Alerting on SLOs", table 5-8: burn rates of a 30-day error budget.
FAST, SLOW = Burn("1h", "5m", 14.4), Burn("6h", "30m", 6)
BURNS = (FAST, SLOW)
WINDOWS = (*(burn.short for burn in BURNS), *(burn.long for burn in BURNS))


def late_ratio(window: str) -> str:
    """The recording rule of the share of tasks that started later than the objective allows.

    Example: `late_ratio("1h") == "celery:task_late:ratio_rate1h"`
    """
    return f"celery:task_late:ratio_rate{window}"


def recorded(thresholds: Thresholds) -> Iterator[dict[str, str]]:
    """Recording rules: the share of late tasks by queue for each window."""
    bucket, count = "celery_task_queue_wait_time_bucket", "celery_task_queue_wait_time_count"
    within = f'{bucket}{{le="{float(thresholds.queue_wait_seconds)}"}}'
    for window in WINDOWS:
        started = f"sum by (queue_name) (increase({count}[{window}]))"
        in_time = f"sum by (queue_name) (increase({within}[{window}]))"
        expression = f"(1 - {in_time} / {started}) and {started} >= {LEAST_TASKS}"
        yield {"record": late_ratio(window), "expr": expression}


def burn_rate(late: float, objective: float) -> float:
    """The burn rate at which a share of tasks is late, if the share `objective` has to start in time.

    Prometheus extrapolates, so that a share may come out a little below 0.

    Example: `burn_rate(0.02, objective=0.99)` is about 2
    """
    return max(0.0, late) / (1 - objective)


def burns_over(burn: Burn, objective: float) -> float:
    """The share of late tasks over which the alert fires.

    Example: `burns_over(SLOW, objective=0.99) == 0.06`
    """
    return round(min(burn.rate * (1 - objective), MOST_LATE), 6)


def alerting_rates(objective: float) -> dict[str, float]:
    """The burn rate over which an alert fires, by its long window.

    Example: `alerting_rates(0.99)` is about `{"1h": 14.4, "6h": 6.0}`
    """
    return {burn.long: burn_rate(burns_over(burn, objective), objective) for burn in BURNS}


def in_words(limits: Mapping[str, Any]) -> str:
    """What a burn rate means, for people who are shown some. `limits` are the environment's `alerts`.

    Example: `in_words(runtime().environment.alerts).startswith("At a burn rate of 1")`
    """
    share = f"{100 * (1 - limits['queue_wait_objective']):g} %"
    over = " and ".join(
        f"over {rate:.3g} in {window}" for window, rate in alerting_rates(limits["queue_wait_objective"]).items()
    )
    return (
        f"At a burn rate of 1, the error budget ({share} of tasks may start later than "
        f"{limits['queue_wait_seconds']} s) lasts for {DAYS} days; alerts fire {over}, as long as it goes on. "
        f"With fewer than {LEAST_TASKS} tasks none is computed."
    )

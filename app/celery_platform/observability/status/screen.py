"""A snapshot as tables for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from celery_platform.observability.alerts.error_budget import alerting_rates, in_words
from celery_platform.observability.alerts.workers import HEARTBEAT_OLD_SECONDS
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot
from celery_platform.output import age, age_of

# Shown instead of a number of workers, because `app status` does not poll pods.
IN_PODS = "pods"
BEFORE_BURNS = ("waiting", "trend/min", "unacked", "oldest", "wait p95")
AFTER_BURNS = ("started/s", "dead-lettered", "workers")


def screen(snapshot: Snapshot, limits: Mapping[str, Any]) -> RenderableType:
    """Tables of queues and pools, then problems and alerts. `limits` are the environment's `alerts`.

    A wait over the objective is red, and so is a burn rate over which an alert fires.
    """
    state = Text("up", "green") if snapshot.broker_up else Text("cannot be polled", "bold red")
    head = Text.assemble(("Environment ", "bold"), snapshot.environment, ", broker ", snapshot.broker, ": ", state)
    return Group(head, _queues(snapshot, limits), _pools(snapshot), *_below(snapshot, limits))


def _queues(snapshot: Snapshot, limits: Mapping[str, Any]) -> Table:
    rates = {} if snapshot.alerts is None else alerting_rates(limits["queue_wait_objective"])
    table = _table("queue", *BEFORE_BURNS, *(f"burn {window}" for window in rates), *AFTER_BURNS)
    for label, queue in snapshot.queues.items():
        paused = "" if queue.paused is None else f" (paused {age_of(queue.paused)})"
        table.add_row(Text.assemble(label, (paused, "bold yellow")), *_queue(queue, limits, rates))
    return table


def _queue(queue: QueueState, limits: Mapping[str, Any], rates: Mapping[str, float]) -> list[Text]:
    wait_seconds = limits["queue_wait_seconds"]
    late = queue.wait_p95 is not None and queue.wait_p95 > wait_seconds
    old = (queue.oldest_seconds or 0) > wait_seconds
    undrained = bool(queue.waiting) and queue.workers == 0
    trend = None if queue.trend is None else f"{queue.trend:+.0f}"
    below = None if queue.wait_p95 is None else f"<{queue.wait_p95:g} s"
    return [
        _cell(queue.waiting),
        _cell(trend, "yellow" if (queue.trend or 0) > 0 else ""),
        _cell(queue.held),
        _cell(age(queue.oldest_seconds), "red" if old else ""),
        _cell(below, "red" if late else ""),
        *(_burn(queue.burn_rates.get(window), most) for window, most in rates.items()),
        _cell(None if queue.begun_per_second is None else f"{queue.begun_per_second:.1f}"),
        _cell(queue.dead_letters, "red" if queue.dead_letters else ""),
        _cell(queue.workers, "bold red" if undrained else ""),
    ]


def _burn(rate: float | None, most: float) -> Text:
    return _cell(None) if rate is None else _cell(f"{rate:.1f}", "red" if rate > most else "")


def _pools(snapshot: Snapshot) -> Table:
    table = _table("pool", "type", "runs on", "workers", "slots", "in use", "heartbeat age", "newest start")
    for name, pool in snapshot.pools.items():
        table.add_row(name, *_pool(pool))
    return table


def _pool(pool: PoolState) -> list[Text]:
    missing = pool.workers is not None and pool.workers < pool.expected
    used = f"{pool.active / pool.slots:.0%}" if pool.slots and pool.active is not None else None
    return [
        _cell(pool.type),
        _cell(pool.runs_on),
        # A dash would look as if the pool had no workers.
        Text(IN_PODS, "dim") if pool.workers is None else _cell(f"{pool.workers}/{pool.expected}", "red" * missing),
        _cell(pool.slots),
        _cell(used, "yellow" if used == "100%" else ""),
        _cell(age(pool.heartbeat_age), "red" if (pool.heartbeat_age or 0) > HEARTBEAT_OLD_SECONDS else ""),
        _cell(age_of(pool.started_at)),
    ]


def _below(snapshot: Snapshot, limits: Mapping[str, Any]) -> list[Text]:
    lines = [Text(problem, "red") for problem in snapshot.problems]
    # Pods are short-lived and have no address outside their cluster.
    if unasked := [name for name, pool in snapshot.pools.items() if pool.workers is None]:
        lines.append(
            Text(
                f"The pods of {', '.join(unasked)} are not polled from here, so their numbers are missing above. See "
                f"`kubectl get pods -l app.kubernetes.io/component=worker-{unasked[0]}`, or Prometheus.",
                "dim",
            )
        )
    if snapshot.alerts is None:
        lines.append(Text("Alerts and error budgets are unknown without --prometheus URL.", "dim"))
    elif not snapshot.alerts:
        lines.append(Text("No alerts are firing.", "green"))
    if snapshot.alerts is not None:
        lines.append(Text(in_words(limits), "dim"))
    for alert in snapshot.alerts or []:
        what = ", ".join(f"{name} {value}" for name, value in alert.items() if name not in {"alertname", "severity"})
        lines.append(Text.assemble((f"{alert['alertname']} ", "bold red"), f"({alert.get('severity', '-')}) ", what))
    return lines


def _table(first: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cell(value: object, style: str = "") -> Text:
    return Text("-" if value is None else str(value), style)

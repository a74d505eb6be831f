"""What in a snapshot needs a person, most urgent first: the answer to "Is all well?"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from celery_platform.console.state.failures.shown import redacted_text
from celery_platform.observability.alerts.workers import HEARTBEAT_OLD_SECONDS
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot
from celery_platform.output import age, age_of

URGENT, SOON = "urgent", "soon"


@dataclass(frozen=True)
class Finding:
    """One thing that needs a person. `page` is where its cause is shown; `about` names the queue or the pool."""

    severity: str
    text: str
    page: str = ""
    about: str = ""


def findings(snapshot: Snapshot, limits: Mapping[str, Any]) -> list[Finding]:
    """What needs a person, urgent findings first. `limits` are the environment's `alerts`.

    Nothing is found exactly when `app status` calls the environment healthy and no queue is past its limits.
    """
    found = [*_whole(snapshot)]
    for label, queue in snapshot.queues.items():
        found += _queue(label, queue, limits)
    for name, pool in snapshot.pools.items():
        found += _pool(name, pool)
    return sorted(found, key=lambda finding: finding.severity != URGENT)


def _whole(snapshot: Snapshot) -> Iterator[Finding]:
    for problem in snapshot.problems:
        yield Finding(URGENT, redacted_text(problem[:1].upper() + problem[1:]))
    for alert in snapshot.alerts or ():
        what = ", ".join(f"{name} {value}" for name, value in alert.items() if name not in {"alertname", "severity"})
        severity = URGENT if alert.get("severity") == "page" else SOON
        yield Finding(severity, f"Alert {alert.get('alertname', '?')} is firing: {what}")


def _queue(label: str, queue: QueueState, limits: Mapping[str, Any]) -> Iterator[Finding]:
    why = f"/queues/{label}"
    objective = limits["queue_wait_seconds"]
    if queue.paused is not None:
        paused = f"{label} has been paused for {age_of(queue.paused)}: {queue.waiting or 0:,} messages wait"
        yield Finding(SOON, paused, why, label)
    elif queue.waiting and queue.workers == 0:
        yield Finding(URGENT, f"{label}: {queue.waiting:,} messages wait, and no worker drains the queue", why, label)
    elif (queue.oldest_seconds or 0) > objective:
        oldest = age(queue.oldest_seconds)
        yield Finding(
            URGENT, f"{label}: the oldest message waits for {oldest}; the objective is {objective} s", why, label
        )
    elif queue.wait_p95 is not None and queue.wait_p95 > objective:
        yield Finding(URGENT, f"{label}: 5 % of its tasks waited longer than {objective} s", why, label)
    if (queue.waiting or 0) > limits["queue_length"]:
        yield Finding(
            SOON, f"{label}: {queue.waiting:,} messages wait; the limit is {limits['queue_length']:,}", why, label
        )
    if queue.dead_letters:
        page = f"/failures?{urlencode({'queue': label})}"
        yield Finding(SOON, f"{label}: {_count(queue.dead_letters, 'dead-lettered message')}", page, label)


def _pool(name: str, pool: PoolState) -> Iterator[Finding]:
    if pool.workers is None:
        return
    if pool.workers < pool.expected:
        severity = SOON if pool.workers else URGENT
        yield Finding(
            severity, f"Pool {name}: {pool.workers} of {_count(pool.expected, 'worker')} answer", "/workers", name
        )
    if (pool.heartbeat_age or 0) > HEARTBEAT_OLD_SECONDS:
        yield Finding(
            URGENT, f"Pool {name}: a worker's last heartbeat was {age(pool.heartbeat_age)} ago", "/workers", name
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")

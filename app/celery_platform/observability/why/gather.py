"""Asks all that there is to know of a queue: the broker and the store twice each, whatever there is in them."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from celery_platform.observability.exporter.reading import QueueReading, Reading, Source
from celery_platform.observability.why.answer import PoolLoad, TaskLoad, Why
from celery_platform.observability.work import BUCKET_SECONDS, Key, Work, bucket_of, work_key, work_of
from celery_platform.observability.worker_reports import WorkerReport, live_reports
from celery_platform.reliability.limit_waits import limit_waits
from celery_platform.reliability.paused_queues import labels_with_high
from celery_platform.reliability.pausing import pauses
from celery_platform.reliability.store_away import says_store_away
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import Resolved, Runtime

# Over how long the work of tasks is summed, and over how long rates are measured. RabbitMQ's management API counts anew
# every five seconds.
MINUTES = 10.0
SECONDS = 10.0
MOST_RUNNING = 10


def why(
    runtime: Runtime,
    source_of: Callable[[Runtime], Source],
    label: str,
    *,
    seconds: float = SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Why:
    """What is known of the queue `label`. It takes `seconds`, over which rates are measured.

    The broker is asked twice what the exporter asks it, the store a dozen commands. What does not answer is in
    `problems`.

    Example: `why(runtime(), source_of, "email").drained_in(more_workers=2)`
    """
    problems: list[str] = []
    environment, source = runtime.environment, source_of(runtime)
    at = time.time()
    first = bucket_of(at - MINUTES * 60)
    before, work_before = _read(source, problems), _store(problems, _work, environment, first)
    sleep(seconds)
    now, after, work = time.time(), _read(source, problems), _store(problems, _work, environment, first)
    reports: list[WorkerReport] = _store(problems, live_reports) or []
    tasks = _tasks(environment, label, work or {}, now - first * BUCKET_SECONDS)
    rate_in, rate_out = _rates(environment, label, (before, after), (work_before, work), now - at)
    queue = environment.queues[label]
    found = _queue(after, queue.name)
    dead = _queue(after, queue.dead_letter_name)
    drained_by = {name for name, pool in environment.pools.items() if label in pool.queues}
    own = [task.task for task in tasks if task.queue == label]
    running = sorted((each for report in reports if report.pool in drained_by for each in report.running), key=_since)
    return Why(
        queue=label,
        broker=environment.broker_kind,
        seconds=now - at,
        paused=labels_with_high(environment, _store(problems, pauses) or {}).get(label),
        waiting=found.ready if found else None,
        held=found.unacked if found else None,
        dead_letters=dead.backlog if dead else None,
        oldest_seconds=found.oldest_seconds if found else None,
        rate_in=rate_in,
        rate_out=rate_out,
        lately=sum(task.per_second * (1 - task.waited) for task in tasks if task.queue == label) or None,
        pools=tuple(_pools(environment, drained_by, reports)),
        tasks=tuple(tasks),
        running=tuple(running[:MOST_RUNNING]),
        limits=tuple(_store(problems, limit_waits, own) or ()),
        nodes_down=tuple(name for name, node in after.nodes.items() if not node.running) if after else (),
        alarms=tuple(_alarms(after)) if after else (),
        problems=list(dict.fromkeys(problems)),
    )


def _since(running: Any) -> float:
    return float(running.since)


def _read(source: Source, problems: list[str]) -> Reading | None:
    try:
        return source.read()
    except Exception as error:
        problems.append(f"the broker cannot be asked: {error}")
        return None


def _store(problems: list[str], ask: Callable[..., Any], *words: Any) -> Any:
    """What the store says; nothing while it is away."""
    try:
        return ask(*words)
    except Exception as error:
        if not says_store_away(error):
            raise
        problems.append(f"the store cannot be asked: {error}")
        return None


def _work(environment: Resolved, first: int) -> dict[Key, Work]:
    """The work since the bucket `first`, the same at both looks, so that nothing leaves it between them."""
    with valkey().pipeline(transaction=False) as pipe:
        for bucket in range(first, bucket_of(time.time()) + 1):
            pipe.hgetall(work_key(environment.prefix, bucket))
        return work_of(pipe.execute())


def _tasks(environment: Resolved, label: str, work: Mapping[Key, Work], seconds: float) -> list[TaskLoad]:
    """The tasks that share the slots of the queue, the one that takes most of their time first.

    `seconds` is over how long they were summed.
    """
    shared = {queue for pool in environment.pools.values() if label in pool.queues for queue in pool.queues}
    own = {key: each for key, each in work.items() if key[0] in shared and each.attempts}
    total = sum(each.seconds for each in own.values()) or 1.0
    loads = [
        TaskLoad(
            task=task,
            queue=queue,
            per_second=each.attempts / seconds,
            mean_seconds=each.seconds / each.attempts,
            share=each.seconds / total,
            failed=each.failed / each.attempts,
            waited=each.waited / each.attempts,
        )
        for (queue, task), each in own.items()
    ]
    return sorted(loads, key=lambda load: -load.share)


def _rates(
    environment: Resolved,
    label: str,
    readings: tuple[Reading | None, Reading | None],
    works: tuple[Mapping[Key, Work] | None, Mapping[Key, Work] | None],
    seconds: float,
) -> tuple[float | None, float | None]:
    """Messages in and out a second: what ended between two looks, and that and how much more or less there is."""
    earlier, later = works
    if earlier is None or later is None:
        return None, None
    out = max(0, _done(label, later) - _done(label, earlier)) / seconds
    name = environment.queues[label].name
    before, after = (_queue(reading, name) for reading in readings)
    if before is None or after is None:
        return None, out
    if before.published is not None and after.published is not None and after.published >= before.published:
        return (after.published - before.published) / seconds, out
    return max(0.0, (after.backlog - before.backlog) / seconds + out), out


def _done(label: str, work: Mapping[Key, Work]) -> int:
    return sum(each.done for (queue, _), each in work.items() if queue == label)


def _queue(reading: Reading | None, name: str) -> QueueReading | None:
    """A queue that does not exist yet is empty."""
    return None if reading is None else reading.queues.get(name, QueueReading(0))


def _pools(environment: Resolved, names: Iterable[str], reports: list[WorkerReport]) -> Iterable[PoolLoad]:
    for name in sorted(names):
        pool, own = environment.pools[name], [report for report in reports if report.pool == name]
        yield PoolLoad(
            name=name,
            type=pool.type,
            queues=pool.queues,
            slots_of_one=pool.concurrency,
            workers=len(own) // pool.concurrency if pool.type == "turbo" else len(own),
            slots=sum(report.slots for report in own),
            busy=sum(report.busy for report in own),
            held=sum(report.held for report in own),
        )


def _alarms(reading: Reading) -> Iterable[str]:
    for name, node in reading.nodes.items():
        if node.memory_alarm:
            yield f"{name} takes no messages: it is out of memory"
        if node.disk_alarm:
            yield f"{name} takes no messages: its disk is full"

"""What cancelling a task would do, in words, for the terminal and for the page."""

from dataclasses import dataclass

from celery_platform.observability.timeline.reading import Timeline
from celery_platform.observability.timeline.steps import ENDS
from celery_platform.settings import Resolved

# The pool types that end any task that runs: a process of its own, or a greenlet.
CAN_END = frozenset({"prefork", "gevent"})
ENDED = "What follows it in its canvas never runs."
WHY_NOT = {
    "threads": "no thread can be ended",
    "solo": "it has the only thread of its worker",
    "turbo": "it runs in the process that takes messages",
}


@dataclass(frozen=True)
class Cancellable:
    """Whether there is anything to cancel, and what would become of it."""

    possible: bool
    text: str


def cancellable(found: Timeline, environment: Resolved) -> Cancellable:
    """What cancelling the task of a timeline would do.

    Example: `cancellable(timeline(task_id, live_reports()), environment).text`
    """
    if found.running is None:
        if found.cancelled:
            return Cancellable(False, "It is cancelled: no worker begins it.")
        if found.events and found.events[-1].what in ENDS:
            return Cancellable(False, "It has ended: there is nothing to cancel.")
        return Cancellable(True, f"It does not run. The worker that takes its message revokes it, for a week. {ENDED}")
    pool = environment.pools.get(found.worker.partition("@")[0].rpartition("-")[0])
    kind = pool.type if pool else "an unknown type"
    runs = f"It runs on {found.worker}, in a pool"
    if kind in CAN_END:
        return Cancellable(True, f"{runs} that ends it within a few seconds. {ENDED}")
    queue = environment.queues.get(found.running.queue)
    limit = queue.hard_time_limit if queue else None
    until = f"goes on, for {limit} s at most" if limit else "goes on, without a limit"
    on = f"{until}; it is not tried again"
    if kind == "asyncio":
        return Cancellable(True, f"{runs} of {kind}: a coroutine ends within a few seconds. A plain task {on}.")
    return Cancellable(True, f"{runs} of {kind}: {WHY_NOT.get(kind, 'its pool cannot end a task')}. It {on}.")

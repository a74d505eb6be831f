"""What cancelling a task would do, in words, for the terminal and for the page."""

from dataclasses import dataclass

from celery_platform.observability.timeline.reading import Timeline
from celery_platform.observability.timeline.steps import ENDS
from celery_platform.settings import Resolved

# The pool types that end a task that runs: a process of its own, or a greenlet.
CAN_END = frozenset({"prefork", "gevent"})
WHY_NOT = {
    "asyncio": "a coroutine is ended within a few seconds, and a plain task cannot be",
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
        return Cancellable(True, "It does not run. The worker that takes its message revokes it, for a week.")
    pool = environment.pools.get(found.worker.partition("@")[0].rpartition("-")[0])
    kind = pool.type if pool else "an unknown type"
    if kind in CAN_END:
        return Cancellable(True, f"It runs on {found.worker}, in a pool that ends it within a few seconds.")
    queue = environment.queues.get(found.running.queue)
    limit = queue.hard_time_limit if queue else None
    until = f"It goes on, for {limit} s at most" if limit else "It goes on, without a limit"
    why = WHY_NOT.get(kind, "its pool cannot end a task")
    return Cancellable(True, f"It runs on {found.worker}, in a pool of {kind}: {why}. {until}; it is not tried again.")

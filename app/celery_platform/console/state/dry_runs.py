"""Dry runs that people asked for: worked out in the background, once for all viewers of the same choice."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from celery_platform.application import application, import_tasks, platform_alone
from celery_platform.console.state.shared import Shared, said
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.dry_run import DryRun, Tasks, dry_run
from celery_platform.dead_letters.reading import held_messages
from celery_platform.errors import AppError
from celery_platform.settings import QueueSettings

# Least seconds between two readings of the same choice, and how many choices are kept.
SECONDS = 60.0
MOST_KEPT = 16


class DryRuns:
    """The dry runs of one console, by choice.

    Args:
        queues: all queues, by label.
        turn: held while dead letter queues are read.
        per_second: the rate that is assumed.
    """

    def __init__(self, queues: Mapping[str, QueueSettings], turn: threading.Lock, per_second: float) -> None:
        self._queues, self._turn, self._rate = queues, turn, per_second
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Choice], Shared[DryRun]] = OrderedDict()

    def of(self, choice: Choice, queue: str) -> Shared[DryRun]:
        """The dry run of a choice in one queue, or in all if `queue` is empty. It begins when somebody looks at it."""
        with self._lock:
            found = self._kept.get((queue, choice))
            if found is None:
                found = self._kept[queue, choice] = Shared(lambda: self._work_out(choice, queue), SECONDS)
            self._kept.move_to_end((queue, choice))
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return found

    def forget(self) -> None:
        """Work all of them out again, because messages were sent."""
        with self._lock:
            self._kept.clear()

    def _work_out(self, choice: Choice, queue: str) -> DryRun:
        queues = [self._queues[queue]] if queue else list(self._queues.values())
        tasks, unread_code = _tasks()
        with self._turn, platform_alone().connection_for_read() as connection:
            messages = held_messages(connection, queues, choice)
            try:
                chosen = (held.message for held in messages)
                return dry_run(chosen, tasks, per_second=self._rate, unread_code=unread_code)
            finally:
                messages.close()  # type: ignore[attr-defined] # a generator: gives back what it holds


def _tasks() -> tuple[Tasks | None, str]:
    """The tasks of today's code; without it, why there are none."""
    try:
        celery = application()
        import_tasks(celery)
    except AppError as error:
        return None, said(error)
    return celery.tasks, ""

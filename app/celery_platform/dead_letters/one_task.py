"""What is known of one task by its id: whether it runs, how it ended, and whether it is dead-lettered.

A message that waits in a queue cannot be looked up on any broker, so nothing is known of a task that has not begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery
from celery.states import PENDING

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.dead_letters.causes import cause_of
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.reading import held_messages
from celery_platform.observability.worker_reports import Running, live_reports
from celery_platform.settings import QueueSettings


@dataclass(frozen=True)
class KnownTask:
    """`state`, `result` (of a failure its text) and `done_at` (as the store has it) are `None` without a result.

    `running` is its attempt that runs, on `worker`. `dead_letters` are its dead-lettered messages: two, if the worker
    died while it published one.
    """

    id: str
    state: str | None = None
    result: Any = None
    done_at: Any = None
    running: Running | None = None
    worker: str = ""
    dead_letters: tuple[DeadLetteredMessage, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.state or self.running or self.dead_letters)

    def as_json(self) -> dict[str, Any]:
        """Every field, dead-lettered messages with the keys of their causes."""
        running = None if self.running is None else vars(self.running) | {"worker": self.worker}
        return {
            "id": self.id,
            "state": self.state,
            "result": self.result,
            "done_at": self.done_at,
            "running": running,
            "dead_letters": [each.as_json() | {"cause": cause_of(each).key} for each in self.dead_letters],
        }


def known_task(app: Celery, task_id: str, queues: Sequence[QueueSettings]) -> KnownTask:
    """Look a task up in the store and, one after the other, in the dead letter queues of `queues`.

    Raises:
        RedisError, OperationalError: the store or the broker does not answer.

    Example: `known_task(platform_alone(), task_id, chosen_queues("")).state`
    """
    meta: dict[str, Any] = app.backend.get_task_meta(task_id)
    state = None if meta["status"] == PENDING else str(meta["status"])
    result = meta.get("result")
    reports = [(report, each) for report in live_reports() for each in report.running if each.id == task_id]
    with app.connection_for_read() as connection:
        choice = Choice(ids=frozenset({task_id}))
        dead_letters = tuple(held.message for held in held_messages(connection, queues, choice))
    return KnownTask(
        id=task_id,
        state=state,
        result=f"{type(result).__name__}: {result}" if isinstance(result, BaseException) else result,
        done_at=meta.get("date_done") if state else None,
        running=reports[0][1] if reports else None,
        worker=reports[0][0].name if reports else "",
        dead_letters=dead_letters,
    )

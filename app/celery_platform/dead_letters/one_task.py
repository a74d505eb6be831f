"""What is known of one task by its id: what happened to it, whether it runs, how it ended, whether it is dead-lettered.

A message that waits in a queue cannot be looked up on any broker, so nothing is known of a task that has not begun.
What happened to a task is kept for a time (`celery_platform.observability.timeline`).
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
from celery_platform.observability.timeline.reading import Timeline, timeline
from celery_platform.observability.timeline.steps import steps
from celery_platform.observability.worker_reports import live_reports
from celery_platform.settings import QueueSettings


@dataclass(frozen=True)
class KnownTask:
    """`state`, `result` (of a failure its text) and `done_at` (as the store has it) are `None` without a result.

    `timeline` has what happened to it, and its attempt that runs, if one does. `dead_letters` are its dead-lettered
    messages: two, if the worker died while it published one.
    """

    id: str
    timeline: Timeline
    state: str | None = None
    result: Any = None
    done_at: Any = None
    dead_letters: tuple[DeadLetteredMessage, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.state or self.timeline.known or self.dead_letters)

    def as_json(self) -> dict[str, Any]:
        """Every field, dead-lettered messages with the keys of their causes."""
        now = self.timeline.running
        running = None if now is None else vars(now) | {"worker": self.timeline.worker}
        return {
            "id": self.id,
            "state": self.state,
            "result": self.result,
            "done_at": self.done_at,
            "running": running,
            "steps": [vars(step) for step in steps(self.timeline)],
            "root": self.timeline.root,
            "canvas": [vars(part) for part in self.timeline.parts],
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
    with app.connection_for_read() as connection:
        choice = Choice(ids=frozenset({task_id}))
        dead_letters = tuple(held.message for held in held_messages(connection, queues, choice))
    return KnownTask(
        id=task_id,
        timeline=timeline(task_id, live_reports()),
        state=state,
        result=f"{type(result).__name__}: {result}" if isinstance(result, BaseException) else result,
        done_at=meta.get("date_done") if state else None,
        dead_letters=dead_letters,
    )

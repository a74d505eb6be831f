"""Dry runs that people asked for: worked out in the background, once for all viewers of the same choice."""

from collections.abc import Mapping
from dataclasses import dataclass

from celery_platform.application.importable_tasks import importable_tasks
from celery_platform.console.state.dead_letter_turn import DeadLetterTurn
from celery_platform.console.state.shared_by_key import SharedByKey
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.dry_run import DryRun, dry_run
from celery_platform.settings import QueueSettings

# Least seconds between two readings of the same choice, and how many choices are kept.
SECONDS = 60.0
MOST_KEPT = 16


@dataclass(frozen=True)
class Asked:
    """What is asked for: a choice in the queue with this label, or in all if it is empty."""

    choice: Choice
    queue: str


def shared_dry_runs(
    queues: Mapping[str, QueueSettings], turn: DeadLetterTurn, per_second: float
) -> SharedByKey[Asked, DryRun]:
    """The dry runs of one console at this rate."""

    def work_out(asked: Asked) -> DryRun:
        chosen_queues = [queues[asked.queue]] if asked.queue else list(queues.values())
        tasks, unread_code = importable_tasks()
        with turn.messages(chosen_queues, asked.choice) as messages:
            chosen = (held.message for held in messages)
            return dry_run(chosen, tasks, per_second=per_second, unread_code=unread_code)

    return SharedByKey(work_out, SECONDS, MOST_KEPT)

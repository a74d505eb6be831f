"""What a replay would meet: whether today's code takes the messages, which effects are done, how long it would take."""

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from celery import Task

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.dead_letters.causes import Cause, cause_of
from celery_platform.reliability.claims import State
from celery_platform.reliability.errors import StoreAwayError
from celery_platform.reliability.idempotent import is_idempotent, state_of_effect
from celery_platform.reliability.limit_waits import LimitWait, limit_waits
from celery_platform.reliability.returned_header import returned_before

# Each is a round trip. Of more messages, the first so many are looked at, and the answer says so.
MOST_EFFECTS = 1_000

Tasks = Mapping[str, Task[Any, Any]]


@dataclass
class Checked:
    """The chosen messages of one cause in one queue, by what a replay would make of them.

    `stays` are the messages of no task, which no replay sends. `refused` counts the others by what today's code says
    against them. The effects of `looked_at` of the rest were looked up: of `done` a run would only return the result,
    and of `taken` another run is at work. `follows` have run, and only what comes after them is sent.
    """

    queue: str
    cause: Cause
    count: int = 0
    stays: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    looked_at: int = 0
    done: int = 0
    taken: int = 0
    follows: int = 0


@dataclass
class DryRun:
    """The answer. `seconds` is how long sending takes; `limits` are those that the tasks ask.

    `unread_code` says why the application could not be asked; empty where it was.
    """

    groups: list[Checked]
    per_second: float
    limits: list[LimitWait]
    unread_code: str = ""

    @property
    def messages(self) -> int:
        """How many a replay would send."""
        return sum(group.count - group.stays for group in self.groups)

    @property
    def stays(self) -> int:
        """How many of the chosen ones it would not send, because they are of no task."""
        return sum(group.stays for group in self.groups)

    @property
    def refused(self) -> int:
        """How many today's code does not take."""
        return sum(group.refused.total() for group in self.groups)

    @property
    def seconds(self) -> float:
        """How long a replay takes at its rate."""
        return self.messages / self.per_second

    @property
    def seconds_with_limits(self) -> float:
        """How long the work takes at least, because limits let no more through than so many a second."""
        by_task: Counter[str] = Counter()
        for group in self.groups:
            by_task[group.cause.task] += group.count - group.stays - group.refused.total() - group.follows
        by_limit: Counter[str] = Counter()
        for each in self.limits:
            by_limit[each.limit] += by_task[each.task]
        rates = {each.limit: each.per_second for each in self.limits}
        return max([self.seconds, *(count / rates[limit] for limit, count in by_limit.items())])


def dry_run(
    messages: Iterable[DeadLetteredMessage], tasks: Tasks | None, *, per_second: float, unread_code: str = ""
) -> DryRun:
    """Read the messages to the end; nothing is sent, claimed or removed.

    Args:
        messages: those that are chosen.
        tasks: the tasks of today's code by name; `None` where it cannot be asked.
        per_second: the rate of the replay.
        unread_code: why there are no tasks.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `dry_run(messages, application().tasks, per_second=20).refused`
    """
    found: dict[tuple[str, Cause], Checked] = {}
    looked_at = 0
    for message in messages:
        cause = cause_of(message)
        group = found.setdefault((message.queue, cause), Checked(message.queue, cause))
        group.count += 1
        if not message.replayable:
            group.stays += 1
        elif returned_before(message.headers, message.task, message.id) is not None:
            group.follows += 1
        elif refusal := refusal_of(message, tasks):
            group.refused[refusal] += 1
        elif tasks is not None and looked_at < MOST_EFFECTS and is_idempotent(tasks[message.task]):
            looked_at += 1
            _look(group, message, tasks[message.task])
    groups = sorted(found.values(), key=lambda group: (-group.count, group.cause.key))
    return DryRun(groups, per_second, limit_waits({group.cause.task for group in groups}), unread_code)


def refusal_of(message: DeadLetteredMessage, tasks: Tasks | None) -> str:
    """Why today's code would not run a replayable message; empty where it would, or where it cannot be asked.

    Example: `refusal_of(message, application().tasks) == "missing a required argument: 'currency'"`
    """
    if tasks is None:
        return ""
    task = tasks.get(message.task)
    if task is None:
        return "no task of this name"
    try:
        args, kwargs, *_ = message.body
        # Celery wraps `run` for automatic retries, in a function whose signature has `self`; this is what it wrapped.
        inspect.signature(getattr(task, "_orig_run", task.run)).bind(*args, **kwargs)
    except (TypeError, ValueError) as error:  # a body of another form, too
        return str(error)
    return ""


def _look(group: Checked, message: DeadLetteredMessage, task: Task[Any, Any]) -> None:
    try:
        state = state_of_effect(task, message.body[0], message.body[1])
    except StoreAwayError:
        raise
    except Exception as error:  # the application makes the key of the arguments, and would fail there
        group.refused[f"its key cannot be made: {type(error).__name__}: {error}"] += 1
        return
    group.looked_at += 1
    group.done += state is State.DONE
    group.taken += state is State.TAKEN

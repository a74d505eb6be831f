"""Groups dead-lettered messages by their cause, holding none of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.dead_letters.causes.cause import Cause, cause_of

# Nobody reads more; messages of further causes are counted together.
MAX_CAUSES = 1_000


@dataclass
class CauseGroup:
    """The messages of one cause. Times are seconds since 1970, `None` where no message has one.

    `example` is the id of the message that failed last.
    """

    cause: Cause
    count: int = 0
    first_at: float | None = None
    last_at: float | None = None
    example: str = ""
    queues: set[str] = field(default_factory=set)

    def add(self, message: DeadLetteredMessage) -> None:
        """Count a message of this cause. When it failed, or else when it was sent, is its time."""
        at = message.failed_at or message.sent_at
        self.count += 1
        self.queues.add(message.queue)
        if not self.example or (at is not None and (self.last_at is None or at >= self.last_at)):
            self.example = message.id
        if at is not None:
            self.first_at = at if self.first_at is None else min(at, self.first_at)
            self.last_at = at if self.last_at is None else max(at, self.last_at)

    def as_json(self) -> dict[str, Any]:
        """Every field, with those of the cause beside them."""
        return self.cause.as_json() | {
            "count": self.count,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "example": self.example,
            "queues": sorted(self.queues),
        }


@dataclass
class Causes:
    """Causes, the most frequent first. `others` counts the messages of causes beyond the first thousand."""

    groups: list[CauseGroup]
    others: int = 0

    @property
    def messages(self) -> int:
        """All messages that were read."""
        return sum(group.count for group in self.groups) + self.others

    def as_json(self) -> dict[str, Any]:
        """The groups, and the counts."""
        return {
            "messages": self.messages,
            "causes": [group.as_json() for group in self.groups],
            "others": self.others,
        }


def group_by_cause(messages: Iterable[DeadLetteredMessage]) -> Causes:
    """Read messages to the end and group them. Memory grows with the number of causes, not of messages.

    Example: `group_by_cause(held.message for held in held_messages(connection, queues, Choice())).groups[0].count`
    """
    found: dict[Cause, CauseGroup] = {}
    others = 0
    for message in messages:
        cause = cause_of(message)
        group = found.get(cause)
        if group is None:
            if len(found) >= MAX_CAUSES:
                others += 1
                continue
            group = found[cause] = CauseGroup(cause)
        group.add(message)
    return Causes(sorted(found.values(), key=lambda group: (-group.count, group.cause.key)), others)

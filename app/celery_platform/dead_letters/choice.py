"""Which dead-lettered messages a command is about."""

import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.dead_letters.causes import cause_of


@dataclass(frozen=True)
class Choice:
    """A dead-lettered message is chosen when it meets every condition that is given.

    Ages are in seconds since the message failed. When the broker moved it, nobody recorded when it failed: it is then
    as old as its sending. A message without either time meets no condition on age.

    Example: `Choice(task="orders.tasks.*", error="TransientError", older_than=3600)`
    """

    ids: frozenset[str] = frozenset()
    task: str = "*"
    error: str = ""
    older_than: float | None = None
    newer_than: float | None = None
    cause: str = ""

    def includes(self, message: DeadLetteredMessage) -> bool:
        """Whether the message is chosen. Its reason must contain `error`; `task` may hold `*` and `?`.

        `cause` is the whole key of a cause.
        """
        if self.ids and message.id not in self.ids:
            return False
        if not (fnmatchcase(message.task, self.task) and self.error in message.reason and self._of_age(message)):
            return False
        return not self.cause or cause_of(message).key == self.cause

    def _of_age(self, message: DeadLetteredMessage) -> bool:
        if self.older_than is None and self.newer_than is None:
            return True
        moment = message.failed_at or message.sent_at
        if moment is None:
            return False
        age = time.time() - moment
        return (self.older_than is None or age >= self.older_than) and (
            self.newer_than is None or age <= self.newer_than
        )

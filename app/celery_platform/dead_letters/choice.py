"""Which dead letters a command is about."""

import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from celery_platform.dead_letters.message import Letter


@dataclass(frozen=True)
class Choice:
    """A letter is chosen when it meets every condition that is given; ages are in seconds since it failed.

    A letter whose age nobody noted (the broker moved it) is as old as its sending; without that too, it meets no age.

    Example: `Choice(task="orders.tasks.*", error="TransientError", older_than=3600)`
    """

    ids: frozenset[str] = frozenset()
    task: str = "*"
    error: str = ""
    older_than: float | None = None
    newer_than: float | None = None

    def includes(self, letter: Letter) -> bool:
        """Whether the letter is meant. `error` is looked for in its reason, `task` may hold `*` and `?`."""
        if self.ids and letter.id not in self.ids:
            return False
        return fnmatchcase(letter.task, self.task) and self.error in letter.reason and self._of_age(letter)

    def _of_age(self, letter: Letter) -> bool:
        if self.older_than is None and self.newer_than is None:
            return True
        moment = letter.failed_at or letter.sent_at
        if moment is None:
            return False
        age = time.time() - moment
        return (self.older_than is None or age >= self.older_than) and (
            self.newer_than is None or age <= self.newer_than
        )

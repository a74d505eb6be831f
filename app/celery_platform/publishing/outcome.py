"""What became of messages that were published together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from celery_platform.errors import AppError


@dataclass(frozen=True)
class Published:
    """The broker has confirmed every message.

    `repeated` are those sent again after a lost connection: the broker may have both copies, which have the same id.
    """

    ids: Sequence[str]
    repeated: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Failure:
    """A message that the broker refused or did not confirm. `index` counts the calls from 0."""

    index: int
    task_id: str
    reason: str


class NotPublishedError(AppError):
    """Some messages were not confirmed; all others were.

    Example: `except NotPublishedError as error: publish_many(task, [calls[each.index] for each in error.failures])`
    """

    def __init__(self, failures: Sequence[Failure], published: Published) -> None:
        self.failures = list(failures)
        self.published = published
        reasons = sorted({failure.reason for failure in failures})
        super().__init__(
            expected=f"the broker's confirmation of {len(failures) + len(published.ids)} messages",
            found=f"{len(failures)} without: {'; '.join(reasons)}",
            remedy="The error's `failures` name them; publish them again when the reason is gone.",
        )

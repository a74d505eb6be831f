"""The planned end of this process: whether it was asked for, and until when a message that is held may begin."""

from time import monotonic
from typing import ClassVar


class Ending:
    """The end that this process was asked for."""

    # Until when messages that are held may begin, on the monotonic clock; `None` while no end was asked for.
    due: ClassVar[float | None] = None

    @classmethod
    def ask(cls, seconds: float) -> None:
        """Ask for an end before which messages may begin for so many seconds; an earlier one asked for stays."""
        due = monotonic() + seconds
        cls.due = due if cls.due is None else min(cls.due, due)

    @classmethod
    def over(cls) -> bool:
        """Whether it is too late for a message to begin."""
        return cls.due is not None and monotonic() >= cls.due

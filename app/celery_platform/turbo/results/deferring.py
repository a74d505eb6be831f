"""Results that wait until the messages of their tasks are acknowledged."""

from abc import ABC, abstractmethod


class DefersResults(ABC):
    """A result backend that stores the results of several tasks together, when it is asked to.

    Its owner allows that with `may_defer` once it calls `flush` before every acknowledgement, and then says for each
    task, with `defers`, whether the results stored from now on may wait.
    """

    # Whether somebody calls `flush` before each acknowledgement. Without, every result is stored at once.
    may_defer: bool = False
    # Whether final results wait for `flush` now: a task runs that is acknowledged after its result was stored.
    defers: bool = False

    @abstractmethod
    def flush(self) -> None:
        """Store the results that wait.

        Raises:
            Exception: the store does not answer. The results still wait; do not acknowledge their messages.
        """

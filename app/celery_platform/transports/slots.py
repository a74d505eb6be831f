"""Which requests a pool has in its slots, and what it does about a slot that no task has: for the worker's audit."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Places:
    """The requests of a worker, at one moment."""

    waiting: list[Any] = field(default_factory=list)
    # Each has a slot of the pool.
    running: list[Any] = field(default_factory=list)
    # Slots that are taken and have no request.
    without_request: int = 0


class HasPlaces(ABC):
    """A pool that knows which requests it was given. Of Celery's own pools, `settlement/places.py` reads it."""

    @abstractmethod
    def places(self) -> Places:
        """Return the requests that have a slot, and those that wait in the pool for one."""


class CanBeStuck(ABC):
    """A pool whose tasks share one thread, which one of them may keep for good."""

    @abstractmethod
    def stuck(self) -> bool:
        """Whether none of its tasks can go on, for longer than any may take."""


class FreesSlots(ABC):
    """A pool whose supervisor would wait for the task in a slot, although there is none."""

    @abstractmethod
    def free_slots(self) -> None:
        """Let the supervisor know that no task runs: whoever watches the worker's liveness may end its process now."""


class EndsTasks(ABC):
    """A pool that can end some of its tasks while they run, by `terminate_job`."""

    @abstractmethod
    def can_end(self, task: str) -> bool:
        """Whether it can end a task of this name."""

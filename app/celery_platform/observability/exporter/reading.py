"""What one poll of a broker found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueReading:
    """A queue. `unacked` are messages that workers hold; `oldest_seconds` is the age of the oldest that nobody holds.

    `consumers` is `None` where the broker does not know (SQS, Redis: workers tell); members are a quorum queue's.
    """

    ready: int
    unacked: int = 0
    oldest_seconds: float | None = None
    consumers: int | None = None
    members: int | None = None
    members_online: int | None = None
    published: int | None = None

    @property
    def backlog(self) -> int:
        """All that is not finished: what to scale on. Alone, `ready` is 0 while every slot runs a long task."""
        return self.ready + self.unacked


@dataclass(frozen=True, slots=True)
class NodeReading:
    """A node of the broker. Sizes in bytes; a limit of 0 means none."""

    running: bool
    memory_used: float = 0
    memory_limit: float = 0
    memory_alarm: bool = False
    disk_free: float | None = None
    disk_free_limit: float | None = None
    disk_alarm: bool = False
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """Queues by their names, dead letter queues among them, and nodes by theirs."""

    queues: Mapping[str, QueueReading]
    nodes: Mapping[str, NodeReading] = field(default_factory=dict)


class Source(Protocol):
    """A broker that can be polled."""

    def read(self) -> Reading:
        """Poll now. Any error means that the broker could not be seen."""

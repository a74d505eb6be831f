"""The result of one poll of a broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueReading:
    """A queue. `unacked` counts delivered, unacknowledged messages; `oldest_seconds` is the oldest waiting one's age.

    `consumers` is `None` if the broker does not report them (SQS, Redis): there the workers' own metrics do. `members`
    are the replicas of a quorum queue.
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
        """All unfinished messages, on which to scale. `ready` alone may be 0 while every slot runs a long task."""
        return self.ready + self.unacked


@dataclass(frozen=True, slots=True)
class NodeReading:
    """A node of the broker. Sizes are in bytes; a limit of 0 means no limit."""

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
    """Queues (including dead letter queues) and nodes, by name.

    `certificates` is the Unix time at which the certificate of each host expires.
    """

    queues: Mapping[str, QueueReading]
    nodes: Mapping[str, NodeReading] = field(default_factory=dict)
    certificates: Mapping[str, float] = field(default_factory=dict)


class Source(Protocol):
    """A broker that can be polled."""

    @property
    def interval_seconds(self) -> float:
        """Seconds between two polls, unless the operator says otherwise."""

    def read(self) -> Reading:
        """Poll the broker. Any exception means that the poll failed."""

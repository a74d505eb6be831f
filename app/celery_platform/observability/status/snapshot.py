"""What one look at an environment shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class QueueState:
    """A queue. `trend` is messages more (or fewer) a minute since the look before, `wait_p95` of tasks begun since."""

    waiting: int | None
    held: int | None
    oldest_seconds: float | None
    dead_letters: int | None
    workers: int | None
    trend: float | None = None
    wait_p95: float | None = None
    begun_per_second: float | None = None


@dataclass(frozen=True)
class PoolState:
    """A pool. `workers` answer of the `expected`; `None` where nothing tells."""

    type: str
    runs_on: str
    expected: int
    workers: int | None = None
    slots: int | None = None
    active: int | None = None
    heartbeat_age: float | None = None
    started_at: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """All of it. `problems` are what could not be seen, in words; `alerts` is `None` when nobody was asked."""

    environment: str
    broker: str
    at: float
    broker_up: bool
    queues: Mapping[str, QueueState]
    pools: Mapping[str, PoolState]
    alerts: list[dict[str, str]] | None = None
    problems: list[str] = field(default_factory=list)

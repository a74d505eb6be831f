"""The result of one poll of an environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class QueueState:
    """A queue. `held` counts delivered, unacknowledged messages. `paused` is since when people have paused it.

    `trend` is the change of the backlog per minute since the last poll. `wait_p95` covers the tasks started since then.
    `burn_rates` are how many times as fast as in 30 days the error budget is used up, by window (`1h`); a window in
    which too few tasks started has none.
    """

    waiting: int | None
    held: int | None
    oldest_seconds: float | None
    dead_letters: int | None
    workers: int | None
    trend: float | None = None
    wait_p95: float | None = None
    begun_per_second: float | None = None
    paused: float | None = None
    burn_rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PoolState:
    """A pool. `workers` is how many of the `expected` workers answered; `None` if they cannot be polled."""

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
    """The whole environment. `problems` lists what did not answer.

    `alerts` is `None` if Prometheus was not polled or did not answer; then no queue has burn rates.
    """

    environment: str
    broker: str
    at: float
    broker_up: bool
    queues: Mapping[str, QueueState]
    pools: Mapping[str, PoolState]
    alerts: list[dict[str, str]] | None = None
    problems: list[str] = field(default_factory=list)

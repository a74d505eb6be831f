"""The answer to why a queue is late, as values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from celery_platform.observability.worker_reports import Running
from celery_platform.reliability.limit_waits import LimitWait
from celery_platform.reliability.paused_queues import Pause

# Fewer messages than this that left in ten seconds say little of a rate.
ENOUGH = 10


@dataclass(frozen=True)
class TaskLoad:
    """What a task took lately of the slots that the queue has: `share` is of all the time that tasks took there.

    Rates are attempts a second. Of these, `waited` is the share that went back to wait, and `failed` the share that
    failed for good.
    """

    task: str
    queue: str
    per_second: float
    mean_seconds: float
    share: float
    failed: float
    waited: float


@dataclass(frozen=True)
class PoolLoad:
    """A pool that drains the queue. `slots`, `busy` and `held` (messages taken) are of the workers that live."""

    name: str
    type: str
    queues: tuple[str, ...]
    slots_of_one: int
    workers: int
    slots: int
    busy: int
    held: int


@dataclass(frozen=True)
class Why:
    """What is known of a queue. Numbers are `None` where nobody could say; `problems` has why.

    `rate_in` and `rate_out` are messages a second, measured over `seconds`; `lately` is what left in a second over the
    last ten minutes or so.
    """

    queue: str
    broker: str
    seconds: float
    paused: Pause | None = None
    waiting: int | None = None
    held: int | None = None
    dead_letters: int | None = None
    oldest_seconds: float | None = None
    rate_in: float | None = None
    rate_out: float | None = None
    lately: float | None = None
    pools: tuple[PoolLoad, ...] = ()
    tasks: tuple[TaskLoad, ...] = ()
    running: tuple[Running, ...] = ()
    limits: tuple[LimitWait, ...] = ()
    nodes_down: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def backlog(self) -> int | None:
        """Messages that are not finished: they wait, or a worker has taken them."""
        return None if self.waiting is None else self.waiting + (self.held or 0)

    @property
    def slots(self) -> int:
        """The slots of all its pools, which other queues may share."""
        return sum(pool.slots for pool in self.pools)

    @property
    def busy(self) -> int:
        """How many of them run a task."""
        return sum(pool.busy for pool in self.pools)

    @property
    def full(self) -> bool:
        """Whether every slot, or nearly so, runs a task: more workers would make the queue faster."""
        return bool(self.slots) and self.busy >= 0.9 * self.slots

    @property
    def out(self) -> float | None:
        """What leaves in a second: as measured where enough left meanwhile, and else the larger number.

        What left over the last minutes is too little where workers have just started.
        """
        if self.rate_out is not None and self.rate_out * self.seconds >= ENOUGH:
            return self.rate_out
        known = [rate for rate in (self.rate_out, self.lately) if rate is not None]
        return max(known, default=None)

    @property
    def wait_seconds(self) -> float | None:
        """How long a message that comes now waits before it is done, at the rate at which others leave before it."""
        out = self.out
        return None if self.backlog is None or not out else self.backlog / out

    def drained_in(self, more_workers: int = 0) -> float | None:
        """Seconds until nothing is left, at these rates, with so many workers more; `None` if that never happens.

        What more workers do is known where all slots are busy: the rate grows with the slots. Otherwise something else
        holds the work back, and they change nothing.

        Example: `answer.drained_in(more_workers=2)`
        """
        out = self.out
        if self.backlog is None or out is None:
            return None
        if not self.backlog:
            return 0.0
        more = more_workers * max((pool.slots_of_one for pool in self.pools), default=0) if self.full else 0
        net = out * (1 + more / self.slots if self.slots else 1) - (self.rate_in or 0.0)
        return self.backlog / net if net > 0 else None

    def as_json(self) -> Mapping[str, Any]:
        """All of it, with what follows from it."""
        return asdict(self) | {
            "backlog": self.backlog,
            "wait_seconds": self.wait_seconds,
            "drained_in_seconds": self.drained_in(),
            "drained_in_seconds_with_two_more_workers": self.drained_in(2),
        }

"""The options of a supervisor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SupervisorOptions:
    """How many processes a turbo pool has, and when one is replaced.

    `max_tasks` and `max_memory_mib` (resident MiB) are for each process; `None` means no bound.

    Example: `SupervisorOptions(processes=4, max_tasks=100_000)`
    """

    processes: int
    max_tasks: int | None = None
    max_memory_mib: int | None = None
    # Seconds that a process may take to settle the message of a task over its hard limit, before it is killed.
    settle_seconds: float = 2.0
    # The most messages that a process can hold. After a process ended with messages that it had not acknowledged, the
    # next takes one message at a time, until it has done so many.
    prefetched: int = 64
    poll_seconds: float = 0.1
    # A process that crashed is started again after 1, 2, 4 ... seconds, at most so many.
    longest_back_off_seconds: float = 60.0
    # The seconds are counted from 1 again after a process that lived so long.
    recovered_seconds: float = 60.0

    @property
    def most_held(self) -> int:
        """The most messages that a process may hold: half of what it may do, since it does them before it ends."""
        return min(self.prefetched, max(1, (self.max_tasks or 2 * self.prefetched) // 2))

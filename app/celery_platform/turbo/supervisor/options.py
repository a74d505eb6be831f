"""What a supervisor is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SupervisorOptions:
    """`max_tasks` and `max_memory_mib` are per process; `None` means no bound."""

    processes: int
    max_tasks: int | None = None
    max_memory_mib: int | None = None
    # Seconds that a process may take to settle the message of a task over its hard limit, before it is killed.
    settle_seconds: float = 2.0
    # After a process ended with messages in hand, the next does so many one at a time: all that it can have held.
    cautious_tasks: int = 64
    poll_seconds: float = 0.1
    # A process that ended without being asked starts again after 1, 2, 4 ... at most so many seconds.
    longest_back_off_seconds: float = 60.0
    # One that lived so long has recovered.
    recovered_seconds: float = 60.0

"""What a running process reads of what is kept of tasks that ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TimelineSettings:
    """How many attempts at tasks are kept, and the address of a trace, with `{trace_id}` in it; `None` without one."""

    attempts: int
    trace_link: str | None

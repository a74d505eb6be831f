"""The heartbeat file of a turbo pool: its supervisor's account of all its processes.

Each process writes a file of its own as any worker does. The supervisor's is as old as the oldest of them and as ready
as the least ready, so that one process that is stuck is seen.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from celery_platform.turbo.supervisor.child import Child
from celery_platform.worker.heartbeat_file import CONNECTING, READY, STARTING, STOPPING, HeartbeatFile

# From the least ready to the most.
READINESS = (STARTING, STOPPING, CONNECTING, READY)
INTERVAL_SECONDS = 1.0


def file_of_process(path: str, number: int) -> str:
    """Where a process of the pool writes.

    Example: `file_of_process("/run/celery-io-1/heartbeat", 0) == "/run/celery-io-1/heartbeat.0"`
    """
    return f"{path}.{number}"


class TurboHeartbeat:
    """Written by the supervisor's loop."""

    def __init__(self, path: str) -> None:
        self.file = HeartbeatFile(path)
        self._next = 0.0

    def tick(self, children: Sequence[Child]) -> None:
        """Write what the processes say, once a second."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + INTERVAL_SECONDS
        said = [self._of(child) for child in children]
        state = min((state for state, _ in said), key=READINESS.index)
        with suppress(OSError):
            self.file.tick(state, min(away for _, away in said))

    def _of(self, child: Child) -> tuple[str, float]:
        """The state of a process, and for how many seconds from now its last tick still speaks for it."""
        if not child.running:
            return STARTING, 0.0  # it starts again after its back-off: that is the supervisor's business, not a stall
        path = Path(file_of_process(self.file.path, child.number))
        try:
            state, ticked_at = path.read_text(encoding="ascii"), path.stat().st_mtime
        except OSError:
            return STARTING, child.started_at - monotonic()
        away = max(ticked_at - time.time(), child.started_at - monotonic())
        if child.busy_seconds:
            # Its loop waits for a task, which its limit ends; without a limit it may take what it takes.
            away = max(away, 0.0)
        return state if state in READINESS else STARTING, away

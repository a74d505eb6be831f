"""The heartbeat file of a turbo pool, which combines those of its processes.

Each process writes its own file, as any worker does. The supervisor's file is as old as the oldest of them and as ready
as the least ready, so that a single stuck process is detected.
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
    """The heartbeat file of one process of the pool.

    Example: `file_of_process("/run/celery-io-1/heartbeat", 0) == "/run/celery-io-1/heartbeat.0"`
    """
    return f"{path}.{number}"


class TurboHeartbeat:
    """The writer of the combined file, called from the supervisor's loop."""

    def __init__(self, path: str) -> None:
        self.file = HeartbeatFile(path)
        self._next = 0.0

    def write(self, children: Sequence[Child]) -> None:
        """Write the combined state of the processes, at most once a second."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + INTERVAL_SECONDS
        states = [self._of(child) for child in children]
        state = min((state for state, _ in states), key=READINESS.index)
        with suppress(OSError):
            self.file.write(state, min(away for _, away in states))

    def _of(self, child: Child) -> tuple[str, float]:
        """The state of a process, and the seconds from now until which its last heartbeat is valid."""
        if not child.running:
            return STARTING, 0.0  # the supervisor restarts it after a back-off; this is not a stall
        path = Path(file_of_process(self.file.path, child.number))
        try:
            state, written_at = path.read_text(encoding="ascii"), path.stat().st_mtime
        except OSError:
            return STARTING, child.started_at - monotonic()
        away = max(written_at - time.time(), child.started_at - monotonic())
        if child.busy_seconds:
            # Its loop waits for a task, which ends at its time limit, or may take any time if it has none.
            away = max(away, 0.0)
        return state if state in READINESS else STARTING, away

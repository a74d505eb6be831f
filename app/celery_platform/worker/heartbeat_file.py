"""The heartbeat file: what a worker's event loop says of itself, and how a probe reads it.

The file's time is the loop's last tick. A loop that is about to be away for a known time (a task in the solo pool, an
attempt to connect, a stop) dates its tick ahead by that time. The file's one word is the state: `starting`,
`connecting`, `ready`, `stopping`. A probe needs neither the broker nor this package's imports: an `inspect ping` loads
the whole app (2 s of CPU), asks the broker, which restarts every worker when the broker is away, and is not there at
all on SQS. Only the standard library is imported here, and little of that, because probes run all day.
"""

import os
import time

from celery_platform.worker.systemd_notify import notify

VARIABLE = "CELERY_HEARTBEAT_FILE"
TICK_SECONDS = 3
# A probe every 10 seconds that gives up after two failures restarts a wedged loop within 60 seconds.
STALE_SECONDS = 30
STARTING, CONNECTING, READY, STOPPING = "starting", "connecting", "ready", "stopping"
PROBES = ("liveness", "readiness", "startup")


class HeartbeatFile:
    """The writing side. One thread writes at a time.

    Example: `HeartbeatFile("/run/celery-io-1/heartbeat").tick("ready")`
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.state = ""

    def tick(self, state: str, away: float = 0) -> None:
        """Say that the loop runs, and that it may be away for `away` seconds from now.

        Raises:
            OSError: the file cannot be written.
        """
        due = time.time() + away
        if state != self.state:
            # Replaced whole, so that a probe never reads half a word, and dated before it can be seen.
            new = f"{self.path}.new"
            with open(new, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib doubles what a probe costs
                file.write(state)
            os.utime(new, (due, due))
            os.replace(new, self.path)  # noqa: PTH105
            self.state = state
        else:
            os.utime(self.path, (due, due))
        notify(started=state != STARTING, away=away)


def begin_heartbeat() -> None:
    """Replace what an earlier process left in the file, where one is asked for.

    Raises:
        SettingsError: the file cannot be written.
    """
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    try:
        HeartbeatFile(path).tick(STARTING)
    except OSError as error:
        from celery_platform.errors import SettingsError

        raise SettingsError(
            expected=f"to write the heartbeat file {path}",
            found=str(error),
            remedy=f"Let {VARIABLE} name a file in a folder that exists and that the worker may write.",
        ) from None


def judge(probe: str, path: str) -> tuple[bool, str]:
    """Whether the worker passes a probe, and why, in words.

    `liveness`: the loop ticks. `readiness`: and it consumes. `startup`: it has come as far as asking for the broker,
    whether or not the broker is there.

    Example: `judge("liveness", "/run/celery-io-1/heartbeat") == (True, "ready, last tick 1 s ago")`
    """
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            state = file.read()
            age = time.time() - os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return False, f"no heartbeat in {path}: the worker has not started"
    said = f"{state}, last tick {age:.0f} s ago" if age >= 0 else f"{state}, away for at most {-age:.0f} s"
    if age > STALE_SECONDS:
        return False, f"{said}: expected one in the last {STALE_SECONDS} s, the event loop is stuck or polls no more"
    if probe == "readiness":
        return state == READY, said
    if probe == "startup":
        return state != STARTING, said
    return True, said

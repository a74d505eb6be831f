"""The heartbeat file: a worker's event loop writes its state, and a probe reads it.

The file's modification time is the last heartbeat. If the loop is about to pause for a known time (a task in the solo
pool, an attempt to connect, a stop), it sets the time that far into the future. The file contains one word, the state:
`starting`, `connecting`, `ready` or `stopping`. A probe needs neither the broker nor this package's imports. An
`inspect ping` would load the whole app (2 s of CPU) and need the broker, so that a broker outage would restart every
worker; on SQS it does not work at all. This module imports little, and only from the standard library, because probes
run all day.
"""

import os
import time

from celery_platform.worker.systemd_notify import notify

VARIABLE = "CELERY_HEARTBEAT_FILE"
HEARTBEAT_SECONDS = 3
# A probe that runs every 10 seconds and gives up after two failures restarts a stuck loop within 60 seconds.
STALE_SECONDS = 30
STARTING, CONNECTING, READY, STOPPING = "starting", "connecting", "ready", "stopping"
PROBES = ("liveness", "readiness", "startup")


class HeartbeatFile:
    """The writer of the file. Only one thread may write at a time.

    Example: `HeartbeatFile("/run/celery-io-1/heartbeat").write("ready")`
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.state = ""

    def write(self, state: str, away: float = 0) -> None:
        """Write a heartbeat, and announce that the next one may take `away` seconds.

        Raises:
            OSError: the file cannot be written.
        """
        due = time.time() + away
        if state != self.state:
            # Replace the file atomically, so that a probe never reads half a word, and set its time before that.
            new = f"{self.path}.new"
            with open(new, "w", encoding="ascii") as file:  # noqa: PTH123 - importing pathlib would double the CPU time of a probe
                file.write(state)
            os.utime(new, (due, due))
            os.replace(new, self.path)  # noqa: PTH105
            self.state = state
        else:
            os.utime(self.path, (due, due))
        notify(started=state != STARTING, away=away)


def begin_heartbeat() -> None:
    """Write the first heartbeat, which replaces an earlier process's; nothing if no file is configured.

    Raises:
        SettingsError: the file cannot be written.
    """
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    try:
        HeartbeatFile(path).write(STARTING)
    except OSError as error:
        from celery_platform.errors import SettingsError

        raise SettingsError(
            expected=f"to write the heartbeat file {path}",
            found=str(error),
            remedy=f"Set {VARIABLE} to a file in an existing folder in which the worker may write.",
        ) from None


def judge(probe: str, path: str) -> tuple[bool, str]:
    """Whether the worker passes a probe, and the reason in words.

    `liveness`: the loop sends heartbeats. `readiness`: it also consumes messages. `startup`: it has started and tries
    to connect to the broker, even if the broker is down.

    Example: `judge("liveness", "/run/celery-io-1/heartbeat") == (True, "ready, last heartbeat 1 s ago")`
    """
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            state = file.read()
            age = time.time() - os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return False, f"no heartbeat in {path}: the worker has not started"
    text = f"{state}, last heartbeat {age:.0f} s ago" if age >= 0 else f"{state}, busy for at most {-age:.0f} s"
    if age > STALE_SECONDS:
        return False, f"{text}: expected one in the last {STALE_SECONDS} s, the event loop is stuck or polls no more"
    if probe == "readiness":
        return state == READY, text
    if probe == "startup":
        return state != STARTING, text
    return True, text

"""Run several processes in one container, each with its own variables, until one of them ends.

    python3 -m emulated_region.processes /etc/processes.json

The file is a list of `{name, command, user, folder, variables}`. Imports only the standard library.
"""

import json
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

STOP_SECONDS = 5


def main(file: str) -> int:
    """Start all processes, wait for the first that ends, and end the others. Returns its exit code, or 1 instead of 0.

    `status` shows a container whose init has ended, and the next `start` starts it.
    """
    started: dict[str, subprocess.Popen[bytes]] = {}

    def stop(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(_end(started))

    # First, so that a stop that comes at once ends those that have started.
    signal.signal(signal.SIGTERM, stop)
    for each in json.loads(Path(file).read_text()):
        started[each["name"]] = _start(each)
    while True:
        pid, status = os.wait()
        for name, process in started.items():
            if process.pid == pid:
                code = os.waitstatus_to_exitcode(status)
                print(f"{name} ended with exit code {code}", file=sys.stderr, flush=True)
                del started[name]
                _end(started)
                return code or 1


def _start(each: dict[str, Any]) -> subprocess.Popen[bytes]:
    entry = pwd.getpwnam(each["user"])
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    who: dict[str, Any] = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}
    return subprocess.Popen(each["command"], env=os.environ | each["variables"], cwd=each["folder"], **who)


def _end(started: dict[str, subprocess.Popen[bytes]]) -> int:
    for process in started.values():
        process.terminate()
    for process in started.values():
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""A stand-in for the application: records how it was started, and takes two seconds to finish on SIGTERM.

Like the application, it writes a heartbeat file and notifies systemd's watchdog.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the given command, as systemd and Ansible do."""
    command = sys.argv[1]
    if command == "health":
        sys.exit(0 if Path(os.environ["CELERY_HEARTBEAT_FILE"]).exists() else 1)
    if command == "run":
        sys.exit(subprocess.run(sys.argv[sys.argv.index("--") + 1 :], check=False).returncode)
    if command == "await-termination":
        while not Path("/run/notice").exists():
            time.sleep(0.2)
        sys.exit(0)
    run(Path(os.environ["RUNTIME_DIRECTORY"]))


def run(instance: Path) -> None:
    """Run until SIGTERM, then finish the current task. Stop the heartbeat if the file `stuck` exists."""
    environment = json.loads(Path(os.environ["CELERY_ENVIRONMENT_FILE"]).read_text())
    if environment.get("broken"):
        sys.exit("this release does not start")
    started = {"arguments": sys.argv[1:], "environment": environment["name"], "region": os.environ["AWS_REGION"]}
    (instance / "started.json").write_text(json.dumps(started))

    def stop(*_: object) -> None:
        time.sleep(2)
        (Path(os.environ["STATE_DIRECTORY"]) / f"{instance.name}-stopped").write_text("finished the current task")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        if not (instance / "stuck").exists():
            tick()
        time.sleep(0.5)


def tick() -> None:
    """One iteration of the event loop."""
    if "CELERY_HEARTBEAT_FILE" in os.environ:
        Path(os.environ["CELERY_HEARTBEAT_FILE"]).touch()
    if "NOTIFY_SOCKET" in os.environ:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.sendto(b"READY=1\nWATCHDOG=1", os.environ["NOTIFY_SOCKET"])

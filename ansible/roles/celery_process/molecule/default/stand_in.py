#!/usr/bin/python3
"""A stand-in for the application: records how it was started, and takes two seconds to end on SIGTERM.

`relay` writes a heartbeat and notifies systemd, `process web` answers at port 8000, `process ends` ends at once.
"""

import http.server
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    """Run the given command, as systemd and Ansible do."""
    words = sys.argv[1:]
    if words[0] == "health":
        sys.exit(0 if Path(os.environ["CELERY_HEARTBEAT_FILE"]).exists() else 1)
    if words == ["process", "ends"]:
        sys.exit("it cannot start")
    folder = Path(os.environ["RUNTIME_DIRECTORY"])
    (folder / "started.json").write_text(json.dumps({"arguments": words, "region": os.environ["AWS_REGION"]}))
    signal.signal(signal.SIGTERM, lambda *_: stop(folder.name))
    if words == ["process", "web"]:
        server = http.server.HTTPServer(("127.0.0.1", 8000), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        if "CELERY_HEARTBEAT_FILE" in os.environ and not (folder / "stuck").exists():
            beat()
        time.sleep(0.5)


def stop(name: str) -> None:
    """End what is in hand."""
    time.sleep(2)
    (Path(os.environ["STATE_DIRECTORY"]) / f"{name}-stopped").write_text("ended what it had begun")
    sys.exit(0)


def beat() -> None:
    """Send a heartbeat to the file and to systemd."""
    Path(os.environ["CELERY_HEARTBEAT_FILE"]).touch()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.sendto(b"READY=1\nWATCHDOG=1", os.environ["NOTIFY_SOCKET"])


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers 200 at /healthz and 404 elsewhere."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()


main()

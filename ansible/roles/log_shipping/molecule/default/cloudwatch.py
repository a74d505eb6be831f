"""CloudWatch Logs as far as the role needs it: it keeps what it accepts, and is away while /opt/away exists.

A stand-in, because the scenario is about systemd's journal and the unit. What the program does with its answers is
tested in tests/ansible, against the emulator.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

EVENTS, AWAY = Path("/opt/events.jsonl"), Path("/opt/away")


class CloudWatch(BaseHTTPRequestHandler):
    """CreateLogStream and PutLogEvents."""

    def do_POST(self) -> None:
        """Answer one call."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        away = AWAY.exists()
        if not away and self.headers["X-Amz-Target"].endswith("PutLogEvents"):
            with EVENTS.open("a") as file:
                for event in asked["logEvents"]:
                    about = {"group": asked["logGroupName"], "stream": asked["logStreamName"]}
                    file.write(json.dumps(about | json.loads(event["message"])) + "\n")
        body = b"{}"
        self.send_response(503 if away else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing to the journal, which would be shipped."""


HTTPServer(("127.0.0.1", 4566), CloudWatch).serve_forever()

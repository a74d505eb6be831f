"""An account that knows where the broker would be, and refuses to give any secret.

A stand-in, because the scenario is about the unit and who gets in: what the pages show of real brokers is tested in
tests/console, and with the whole environment in tests/path.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

PARAMETERS = {"broker_url": "amqp://127.0.0.1:1//", "results_url": "redis://127.0.0.1:1/1", "buckets": "{}"}


class Account(BaseHTTPRequestHandler):
    """Systems Manager's GetParameters; nothing else."""

    def do_POST(self) -> None:
        """Answer one call."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = [
            {"Name": name, "Value": PARAMETERS[name.rpartition("/")[2]]}
            for name in asked.get("Names", [])
            if name.rpartition("/")[2] in PARAMETERS
        ]
        known = self.headers["X-Amz-Target"].endswith("GetParameters")
        answer = {"Parameters": found} if known else {"__type": "AccessDeniedException", "message": "a stand-in"}
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", 4566), Account).serve_forever()

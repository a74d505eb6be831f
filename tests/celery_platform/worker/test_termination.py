"""The notice of termination, from a metadata service that requires a token (IMDSv2), as on EC2."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from local_containers.children import ended_with_parent

pytestmark = pytest.mark.server

# A mock, because the emulator does not serve instance metadata.
ACTION = '{"action": "terminate", "time": "2026-11-24T08:22:00Z"}'


@contextmanager
def metadata(answers: dict[str, str]) -> Iterator[str]:
    """Serve `answers` by path to requests with the token; yield the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._send(200, "the-token")

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
                self._send(401, "")
                return
            found = answers.get(self.path.removeprefix("/latest/meta-data/"))
            self._send(404 if found is None else 200, found or "")

        def _send(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def waiting(endpoint: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*ended_with_parent(), sys.executable, "-m", "celery_platform", "await-termination"],
        text=True, stdout=subprocess.PIPE, env=os.environ | {"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("spot/instance-action", ACTION, "spot interruption"),
        ("autoscaling/target-lifecycle-state", "Terminated", "scale-in"),
    ],
)
def test_a_notice_ends_the_wait_and_nothing_else_does(path: str, value: str, words: str) -> None:
    answers = {"autoscaling/target-lifecycle-state": "InService"}
    with metadata(answers) as endpoint:
        process = waiting(endpoint)
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(4)
            answers[path] = value
            output, _ = process.communicate(timeout=40)
        finally:
            process.kill()

    assert (process.returncode, words in output) == (0, True), output

"""Systems Manager's API with sessions, in front of an emulated account.

Other operations, of Systems Manager and of all other services, are handed on to the account.
"""

import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.harness.session_manager.sessions import Limits, Sessions

SAID = {
    "ThrottlingException": "Rate exceeded",
    "TargetNotConnected": "The instance is not connected: its agent does not run, or it has no way to Systems Manager.",
}


def main(file: Path) -> None:
    """Serve as a file describes: `port`, `account`, `log`, `limits`, `hosts` and `routes`."""
    described = json.loads(file.read_text())
    log, lock = Path(described["log"]), threading.Lock()

    def note(what: str, about: str) -> None:
        with lock, log.open("a") as sink:
            sink.write(json.dumps([what, about]) + "\n")

    sessions = Sessions(Limits(**described["limits"]), described["hosts"], described["routes"], note)
    account = urlsplit(described["account"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if operation in {"StartSession", "TerminateSession"}:
                request = json.loads(body)
                self._answer(*(_start if operation == "StartSession" else _terminate)(sessions, request, note))
            else:
                self._hand_on(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815 - http.server's names

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _hand_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(str(account.hostname), account.port)
            connection.request(self.command, self.path, body, dict(self.headers))
            found = connection.getresponse()
            text = found.read()
            self.send_response(found.status)
            for name, value in found.getheaders():
                if name.lower() not in {"transfer-encoding", "content-length", "connection", "server", "date"}:
                    self.send_header(name, value)
            length = found.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", described["port"]), Handler).serve_forever()


def _start(sessions: Sessions, request: dict[str, Any], note: Any) -> tuple[int, dict[str, Any]]:
    session = sessions.start(request)
    if isinstance(session, str):
        note("refused", session)
        return 400, {"__type": session, "message": SAID[session]}
    note("started", f"{session.id} {request['Target']} {request.get('DocumentName', 'shell')}")
    return 200, {"SessionId": session.id, "TokenValue": session.token, "StreamUrl": sessions.stream_url}


def _terminate(sessions: Sessions, request: dict[str, Any], note: Any) -> tuple[int, dict[str, Any]]:
    note("terminated", request["SessionId"])
    sessions.end(request["SessionId"], "The session was terminated.")
    return 200, {"SessionId": request["SessionId"]}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

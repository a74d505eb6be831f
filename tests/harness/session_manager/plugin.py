"""What AWS's session-manager-plugin does: `plugin.py SESSION REGION StartSession PROFILE REQUEST ENDPOINT`.

It prints the same lines. A shell's session is standard input and output; a forwarded port listens on loopback. It ends
when the service ends the session.
"""

import json
import os
import signal
import socket
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

VERSION = "1.2.707.0"


def main(arguments: list[str]) -> None:
    """Carry one session until it ends."""
    if arguments == ["--version"]:
        print(VERSION)
        return
    session = json.loads(os.environ.get(arguments[0], arguments[0]))
    request = json.loads(arguments[4])
    print(f"\nStarting session with SessionId: {session['SessionId']}", flush=True)
    if "PortForwarding" in request.get("DocumentName", ""):
        _forward(session, int(request["Parameters"]["localPortNumber"][0]))
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program on the host
        _shell(_connected(session, "shell"))


def _connected(session: dict[str, Any], what: str) -> socket.socket:
    place = urlsplit(session["StreamUrl"])
    connection = socket.create_connection((str(place.hostname), int(place.port or 0)))
    connection.sendall(json.dumps({"token": session["TokenValue"], "what": what}).encode() + b"\n")
    return connection


def _shell(connection: socket.socket) -> None:
    def type_in() -> None:
        while piece := os.read(0, 1024):
            connection.sendall(piece)
        # The real plugin goes on without input, until the session ends.

    threading.Thread(target=type_in, daemon=True).start()
    while piece := connection.recv(1024):
        os.write(1, piece)


def _forward(session: dict[str, Any], local: int) -> None:
    from tests.harness.session_manager.streams import relay

    listener = socket.create_server(("127.0.0.1", local))
    control = _connected(session, "control")
    print(f"Port {local} opened for sessionId {session['SessionId']}.\nWaiting for connections...", flush=True)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            print(f"\nConnection accepted for session [{session['SessionId']}]", flush=True)
            ends = (client, _connected(session, "port"), lambda: None)
            threading.Thread(target=relay, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    while piece := control.recv(1024):
        os.write(1, piece)


if __name__ == "__main__":
    main(sys.argv[1:])

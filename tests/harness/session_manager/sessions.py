"""Sessions of the stand-in: shells on a pseudo-terminal of the host and forwarded ports, each with AWS's time-outs."""

import contextlib
import fcntl
import json
import os
import pty
import secrets
import signal
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.harness.session_manager.streams import pump, relay

IDLE = "Your session timed out due to inactivity and has been terminated."
LONGEST = "Your session reached its maximum duration and has been terminated."
CHECKED_SECONDS = 0.05


@dataclass(frozen=True)
class Limits:
    """What AWS limits, in seconds: its idle time-out is 1 to 60 minutes (20 by default), the longest session a day.

    The first `throttled` calls of StartSession are refused with ThrottlingException.
    """

    idle: float = 1200
    longest: float = 86_400
    throttled: int = 0


@dataclass
class Session:
    """A session, its connections to the plugin and, once there is a shell, its process."""

    id: str
    target: str
    request: dict[str, Any]
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    began: float = field(default_factory=time.monotonic)
    moved_at: float = field(default_factory=time.monotonic)
    ended: str = ""
    shell: int = 0
    terminal: int = -1
    connections: list[socket.socket] = field(default_factory=list)

    def moved(self) -> None:
        """Note that bytes went through it."""
        self.moved_at = time.monotonic()


class Sessions:
    """All sessions. `hosts` has the command of a shell for each instance, `routes` where an address of the VPC is.

    Example: `Sessions(Limits(idle=2), {"i-1": ["/bin/sh"]}, {}, print)`
    """

    def __init__(
        self,
        limits: Limits,
        hosts: Mapping[str, Sequence[str]],
        routes: Mapping[str, str],
        log: Callable[[str, str], None],
    ) -> None:
        self.limits, self._hosts, self._routes, self._log = limits, hosts, routes, log
        self._sessions: dict[str, Session] = {}
        self._refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        for serve in (self._accept, self._watch):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def stream_url(self) -> str:
        """Where plugins connect to."""
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self, request: dict[str, Any]) -> Session | str:
        """A new session, or the code of the error with which AWS refuses it."""
        with self._lock:
            if self._refused < self.limits.throttled:
                self._refused += 1
                return "ThrottlingException"
            if request["Target"] not in self._hosts:
                return "TargetNotConnected"
            session = Session(f"person-{secrets.token_hex(9)}", request["Target"], request)
            self._sessions[session.id] = session
        return session

    def end(self, name: str, why: str) -> None:
        """End a session: its shell is hung up on, and the plugin told why."""
        session = self._sessions.get(name)
        if session is None or session.ended:
            return
        session.ended = why
        self._log("ended", f"{session.id} {why}")
        if session.shell:
            for number in (signal.SIGHUP, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(session.shell, number)
        words = f"\r\n\r\nSessionId: {session.id} : {why}\r\n".encode()
        for connection in session.connections:
            try:
                connection.sendall(words if connection is session.connections[0] else b"")
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        said = b""
        while not said.endswith(b"\n"):
            said += connection.recv(1)
        asked = json.loads(said)
        session = next((one for one in self._sessions.values() if one.token == asked["token"]), None)
        if session is None or session.ended:
            connection.close()
            return
        session.connections.append(connection)
        session.moved()
        {"shell": self._shell, "control": self._control, "port": self._port}[asked["what"]](session, connection)

    def _shell(self, session: Session, connection: socket.socket) -> None:
        command = list(self._hosts[session.target])
        if asked := session.request.get("Parameters", {}).get("command"):  # AWS-StartNonInteractiveCommand
            command += ["-c", *asked]
        session.shell, session.terminal = pty.fork()
        if session.shell == 0:
            os.execvp(command[0], command)  # noqa: S606 - the host's shell
        # The agent's terminal is as wide as that of the person, who has none here.
        fcntl.ioctl(session.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        typed = threading.Thread(target=pump, args=(connection.fileno(), session.terminal, session.moved), daemon=True)
        typed.start()
        pump(session.terminal, connection.fileno(), session.moved)
        self.end(session.id, "Exiting session.")

    def _control(self, session: Session, connection: socket.socket) -> None:
        connection.recv(1)  # the plugin says nothing more; this is its end
        self.end(session.id, "Exiting session.")

    def _port(self, session: Session, connection: socket.socket) -> None:
        parameters = session.request["Parameters"]
        address = f"{parameters.get('host', ['127.0.0.1'])[0]}:{parameters['portNumber'][0]}"
        host, _, port = self._routes.get(address, address).rpartition(":")
        try:
            server = socket.create_connection((host, int(port)), timeout=5)
        except OSError:
            self._log("refused", address)
            connection.close()
            return
        server.settimeout(None)
        session.connections.append(server)
        relay(connection, server, session.moved)

    def _watch(self) -> None:
        while True:
            time.sleep(CHECKED_SECONDS)
            now = time.monotonic()
            for session in list(self._sessions.values()):
                if not session.ended and now - session.moved_at > self.limits.idle:
                    self.end(session.id, IDLE)
                elif not session.ended and now - session.began > self.limits.longest:
                    self.end(session.id, LONGEST)

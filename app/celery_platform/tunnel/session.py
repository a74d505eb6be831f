"""One session of Session Manager that forwards a local port to a server in the VPC."""

import os
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from celery_platform.errors import TunnelError
from celery_platform.settings.discovery import client
from celery_platform.settings.tunnelled import LOOPBACK
from celery_platform.tunnel.plugin import Plugin

TO_REMOTE_HOST = "AWS-StartPortForwardingSessionToRemoteHost"
TO_INSTANCE = "AWS-StartPortForwardingSession"
OPEN_SECONDS = 30
STOP_SECONDS = 5
# StartSession is throttled; botocore waits up to 20 s between attempts.
ATTEMPTS = 10
# What the plugin prints when it listens. A connection to find that out would also be one to the server.
LISTENS = ("Waiting for connections", "opened for sessionId")
LAST_LINES = 5


def session_request(instance: str, host: str, port: int, local: int) -> dict[str, Any]:
    """The parameters of StartSession.

    Example: `session_request("i-1", "127.0.0.1", 9090, 9090)["DocumentName"] == "AWS-StartPortForwardingSession"`
    """
    parameters = {"portNumber": [str(port)], "localPortNumber": [str(local)]}
    if host == LOOPBACK:
        return {"Target": instance, "DocumentName": TO_INSTANCE, "Parameters": parameters}
    return {"Target": instance, "DocumentName": TO_REMOTE_HOST, "Parameters": {"host": [host], **parameters}}


def systems_manager() -> Any:
    """A client that patiently repeats what AWS throttles."""
    return client("ssm", {"mode": "standard", "max_attempts": ATTEMPTS})


@dataclass
class Session:
    """Forwards the port `local` of this machine to `host:port` through the EC2 instance `instance`.

    Example: `with Session(found_plugin(), systems_manager(), "i-1", "10.0.0.1", 15671, 40001): ...`
    """

    plugin: Plugin
    client: Any
    instance: str
    host: str
    port: int
    local: int
    _id: str = ""
    _process: subprocess.Popen[str] | None = None
    _said: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    _listens: threading.Event = field(default_factory=threading.Event)
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Start the session and wait until its port listens. It can be opened again after it ended.

        Raises:
            TunnelError: Session Manager refuses it, or it did not open within half a minute.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        self.close()
        request = session_request(self.instance, self.host, self.port, self.local)
        try:
            session = self.client.start_session(**request)
        except (BotoCoreError, ClientError) as error:
            remedy = "Log in again (`aws sso login`), or see that the instance runs and its agent is Online."
            raise TunnelError(f"Session Manager to start a session on {self.instance}", str(error), remedy) from None
        self._id = session["SessionId"]
        meta = self.client.meta
        command, variables = self.plugin.command(session, request, meta.region_name, meta.endpoint_url)
        self._said.clear()
        self._listens.clear()
        # A session of its own, so that Ctrl-C reaches this process alone, which then ends each session in order.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | variables, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        self._wait()

    def cancel(self) -> None:
        """Let `open`, which another thread is in, fail at once."""
        self._cancelled.set()

    @property
    def ended(self) -> bool:
        """Whether it ended by itself: a time-out, a lost connection, a restart of the agent."""
        return self._process is not None and self._process.poll() is not None

    @property
    def last_words(self) -> str:
        """What the plugin said last."""
        return " ".join(self._said)

    def close(self) -> None:
        """End the session here and at AWS. Closing it twice is no error."""
        from botocore.exceptions import BotoCoreError, ClientError

        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        session, self._id = self._id, ""
        if session:
            with suppress(BotoCoreError, ClientError):  # it has ended already, or ends when it is idle
                self.client.terminate_session(SessionId=session)

    def __enter__(self) -> "Session":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            if line.strip():
                self._said.append(line.strip())
            if any(word in line for word in LISTENS):
                self._listens.set()

    def _wait(self) -> None:
        deadline = time.monotonic() + OPEN_SECONDS
        while not self._listens.wait(0.1):
            if self.ended or self._cancelled.is_set() or time.monotonic() > deadline:
                found = self.last_words or ("it ended" if self.ended else f"nothing in {OPEN_SECONDS} s")
                self.close()
                remedy = "Check the instance's agent, and that nothing else uses the local port."
                raise TunnelError(f"a session to forward {self.host}:{self.port} to {self.local}", found, remedy)

"""The addresses that a running tunnel (`app tunnel`) forwards, and connections of this process through it.

A client keeps the address of the server, so that TLS checks the server's own name; only where the connection goes is
another. So no check of a certificate is weakened, and no client has to know of tunnels.
"""

import fcntl
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celery_platform.environment.files import state_folder
from celery_platform.errors import TunnelError

LOOPBACK = "127.0.0.1"
# Whoever asks whether a tunnel runs holds its lock for a moment.
LOCK_SECONDS = 1.0


@dataclass(frozen=True)
class Forwarded:
    """The server `host:port`, which a tunnel forwards to the port `local` of this machine. `label` is what it is for.

    Example: `Forwarded("management", "10.40.128.10", 15671, 40001)`
    """

    label: str
    host: str
    port: int
    local: int


def forwarded(name: str) -> list[Forwarded]:
    """What the running tunnel to the environment `name` forwards; nothing if there is none, or it was killed."""
    with suppress(FileNotFoundError):
        if _is_locked(_lock_file(name)):
            return [Forwarded(**one) for one in json.loads(_record_file(name).read_text())]
    return []


def local_url(name: str, label: str) -> str:
    """The URL with which a tunnel to the environment `name` serves a target without TLS; empty without a tunnel.

    Example: `local_url("prod", "prometheus") == "http://127.0.0.1:40002"`
    """
    return next((f"http://{LOOPBACK}:{one.local}" for one in forwarded(name) if one.label == label), "")


def record(name: str, addresses: Iterable[Forwarded]) -> None:
    """Record what the tunnel of this process forwards, so that other processes find it."""
    file = _record_file(name)
    written = file.with_suffix(".new")
    written.write_text(json.dumps([asdict(one) for one in addresses]))
    written.replace(file)


@contextmanager
def only_tunnel(name: str) -> Iterator[None]:
    """Be the tunnel to the environment `name` until the block ends, or the process does.

    Raises:
        TunnelError: there is one already.
    """
    file = _lock_file(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _locked(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                remedy = "Use it, or stop it first (Ctrl-C where it runs)."
                raise TunnelError(f"no other tunnel to {name} from this checkout", "one that runs", remedy)
            time.sleep(0.1)
        _record_file(name).unlink(missing_ok=True)  # of one that was killed
        try:
            yield
        finally:
            _record_file(name).unlink(missing_ok=True)


def connect_through(addresses: Iterable[Forwarded]) -> None:
    """Let connections of this process to these addresses go through their tunnel.

    Every client here asks `socket.getaddrinfo` where a host is, also for an IP address.
    """
    local = {(one.host.lower(), one.port): one.local for one in addresses}
    if local:
        socket.getaddrinfo = _resolver(local, socket.getaddrinfo)


def _resolver(local: dict[tuple[str, int], int], plain: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = (host.decode() if isinstance(host, bytes) else str(host)).lower()
        number = int(port) if str(port).isdigit() else 0
        if (name, number) in local:
            return plain(LOOPBACK, local[name, number], *arguments, **options)
        return plain(host, port, *arguments, **options)

    return resolve


def _record_file(name: str) -> Path:
    return state_folder(name) / "tunnel.json"


def _lock_file(name: str) -> Path:
    return state_folder(name) / "tunnel.lock"


def _is_locked(file: Path) -> bool:
    with file.open() as lock:
        return not _locked(lock.fileno(), fcntl.LOCK_SH)


def _locked(descriptor: int, how: int) -> bool:
    """Whether this process got the lock, which it gives back when it closes the file."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

"""Forward local ports to the loopback of the monitoring host's container, as the process that `forwarding.py` starts and notes.

It ends with a signal, or when it is not the noted one: another one has replaced it, or the region's state was removed.

A socket belongs to the network namespace of the thread that made it (setns(2)). So one thread enters the container's, and
makes all connections; bytes are copied outside. The container needs no port, no address and no program for that.
"""

import contextlib
import ctypes
import json
import socket
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

from celery_platform.environment.files import resolved_file
from celery_platform.settings.tunnelled import LOOPBACK, Forwarded, only_tunnel, record
from celery_platform.tunnel.targets import gate_ports
from local_containers.podman import Podman

from emulated_region import plan
from emulated_region.forwarding import ends, is_noted

CLONE_NEWNET = 0x4000_0000
PIECE = 65_536
CONNECT_SECONDS = 5
CHECKED_SECONDS = 2
AGAIN_SECONDS = 0.1


class Inside:
    """Makes connections inside the network namespace of a container. If the container was replaced, enters the new one."""

    def __init__(self, podman: Podman, container: str) -> None:
        self._podman, self._container = podman, container
        self._process = 0
        self._thread: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def connect(self, port: int) -> socket.socket:
        """A connection to a port of the container's loopback.

        Raises:
            OSError: nothing listens there, or the container does not run.
        """
        with self._lock:
            if self._thread is None or not Path(f"/proc/{self._process}").exists():
                self._enter()
            assert self._thread is not None
            try:
                return self._thread.submit(socket.create_connection, (LOOPBACK, port), CONNECT_SECONDS).result()
            except BrokenExecutor:  # the container ended before its network was entered
                self._thread = None
                raise OSError(f"{self._container} has just ended") from None

    def _enter(self) -> None:
        found = self._podman.attempt("inspect", "--format={{.State.Pid}}", self._container).stdout.decode().strip()
        self._process = int(found) if found.isdigit() else 0
        if not self._process:
            raise OSError(f"{self._container} does not run")
        self._thread = ThreadPoolExecutor(1, initializer=_enter_network, initargs=(self._process,))


def _enter_network(process: int) -> None:
    with Path(f"/proc/{process}/ns/net").open() as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def serve(listener: socket.socket, inside: Inside, port: int) -> None:
    """Accept connections and join each to one inside, for ever."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError as error:  # the client is gone again, or no file descriptor is free for the moment
            print(f"port {port}: {error}", file=sys.stderr, flush=True)
            time.sleep(AGAIN_SECONDS)
            continue
        threading.Thread(target=_join, args=(client, inside, port), daemon=True).start()


def _join(client: socket.socket, inside: Inside, port: int) -> None:
    with client:
        try:
            server = inside.connect(port)
        except Exception as error:  # nothing listens yet, or the host starts: the client sees a closed connection
            print(f"port {port}: {error}", file=sys.stderr, flush=True)
            return
        with server:
            server.settimeout(None)
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(environment: str) -> None:
    """Forward every port of the environment's monitoring host."""
    region = plan.read(environment, with_outside=False)
    resolved = json.loads(resolved_file(environment).read_text())
    ports = gate_ports(resolved)
    inside = Inside(Podman(region.containers_conf), next(iter(resolved["monitoring_hosts"])))
    # Free ports, as those of a tunnel: a console that somebody serves on this machine has the usual one.
    listeners = [socket.create_server((LOOPBACK, 0)) for _ in ports]
    made: list[Forwarded] = ends(ports, (int(each.getsockname()[1]) for each in listeners))
    with only_tunnel(environment):
        record(environment, made)
        threads = [
            threading.Thread(target=serve, args=(listener, inside, end.port), daemon=True)
            for listener, end in zip(listeners, made, strict=True)
        ]
        for thread in threads:
            thread.start()
        time.sleep(CHECKED_SECONDS)  # it is noted right after its start
        while is_noted(region):
            time.sleep(CHECKED_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])

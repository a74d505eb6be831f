"""A TCP proxy that can be interrupted: connections break and new ones are refused, as when a broker dies."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .processes import free_port


class Cable:
    """Forwards `port` of `address`, one of this machine's, to `server_port` on loopback while it is plugged in."""

    def __init__(self, server_port: int, address: str = "127.0.0.1") -> None:
        self.server_port, self.address = server_port, address
        self.port = free_port()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._carries = threading.Event()
        self._carries.set()
        self.plug()

    def freeze(self) -> None:
        """Keep connections open and accept new ones, but forward nothing, like a host that hangs."""
        self._carries.clear()

    def thaw(self) -> None:
        """Forward the delayed data and continue."""
        self._carries.set()

    def plug(self) -> None:
        """Accept connections."""
        self._listener = socket.create_server((self.address, self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def pull(self) -> None:
        """Break every connection and refuse new ones."""
        self._carries.set()
        if self._listener is not None:
            self._end(self._listener)
        for each in tuple(self._open):
            self._end(each)
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                self._open |= {client, server}
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._carries.wait()
                target.sendall(data)
        self._end(source)
        self._end(target)

    @staticmethod
    def _end(which: socket.socket) -> None:
        with suppress(OSError):
            which.shutdown(socket.SHUT_RDWR)
        which.close()


@contextmanager
def cable(server_port: int, address: str = "127.0.0.1") -> Iterator[Cable]:
    """Yield a connected cable, which is disconnected at the end."""
    made = Cable(server_port, address)
    try:
        yield made
    finally:
        made.pull()

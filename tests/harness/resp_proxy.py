"""A proxy before a Redis or Valkey that answers some commands with an error of its own, as the server would word it."""

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

# After one of these a server speaks unasked, so that what follows is copied as it is.
PUSHES = {b"SUBSCRIBE", b"PSUBSCRIBE", b"MONITOR"}
END = b"\r\n"


class ErrorReplies:
    """What commands are answered that have this text in them, such as `replies.error["BRPOP"] = "UNBLOCKED by hand"`.

    `answered` counts how often that happened.
    """

    def __init__(self) -> None:
        self.error: dict[str, str] = {}
        self.answered: Counter[str] = Counter()


@contextmanager
def resp_proxy(server_port: int) -> Iterator[tuple[int, ErrorReplies]]:
    """Yields the proxy's port on loopback and its switch."""
    replies = ErrorReplies()
    handler = type("Handler", (_Handler,), {"server_port": server_port, "replies": replies})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], replies
    finally:
        server.shutdown()
        server.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server_port: int
    replies: ErrorReplies

    def handle(self) -> None:
        """Pass commands on one by one, each with its reply, which keeps them in order."""
        with socket.create_connection(("127.0.0.1", self.server_port)) as upstream:
            reader = upstream.makefile("rb")
            try:
                while command := _frame(cast(BinaryIO, self.rfile)):
                    name = command.split(END)[2].upper()
                    if name in PUSHES:
                        self._copy(upstream, reader, command)
                        return
                    self.wfile.write(self._refusal(command) or _asked(upstream, reader, command))
            except OSError:
                return

    def _refusal(self, command: bytes) -> bytes:
        for text, error in tuple(self.replies.error.items()):
            if text.encode() in command:
                self.replies.answered[text] += 1
                return f"-{error}\r\n".encode()
        return b""

    def _copy(self, upstream: socket.socket, reader: BinaryIO, first: bytes) -> None:
        upstream.sendall(first)
        threading.Thread(target=self._forth, args=(upstream,), daemon=True).start()
        while data := reader.read1(65_536):  # type: ignore[attr-defined] # a BufferedReader
            self.wfile.write(data)

    def _forth(self, upstream: socket.socket) -> None:
        try:
            while command := _frame(cast(BinaryIO, self.rfile)):
                upstream.sendall(command)
            upstream.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):
            return


def _asked(upstream: socket.socket, reader: BinaryIO, command: bytes) -> bytes:
    upstream.sendall(command)
    return _frame(reader)


def _frame(reader: BinaryIO) -> bytes:
    """One command or reply of RESP 2 or 3, whole; nothing at the end of the stream."""
    line = reader.readline()
    kind, rest = line[:1], line[1:].strip()
    if kind in (b"$", b"=", b"!") and rest != b"-1":
        return line + reader.read(int(rest) + len(END))
    if kind in (b"*", b"~", b">") and rest != b"-1":
        return line + b"".join(_frame(reader) for _ in range(int(rest)))
    if kind == b"%":
        return line + b"".join(_frame(reader) for _ in range(2 * int(rest)))
    return line

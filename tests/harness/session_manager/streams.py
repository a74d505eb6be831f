"""Bytes between sockets and terminals."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable

# The agent sends a message of this size at most (amazon-ssm-agent, mgsConfig.StreamDataPayloadSize).
PAYLOAD = 1024


def pump(source: int, target: int, moved: Callable[[], None]) -> None:
    """Copy bytes until either end is closed; `moved` is called for each piece."""
    try:
        while piece := os.read(source, PAYLOAD):
            moved()
            while piece:
                piece = piece[os.write(target, piece) :]
    except OSError:
        pass


def relay(one: socket.socket, other: socket.socket, moved: Callable[[], None]) -> None:
    """Copy both ways until one side closes; then both are closed."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        pump(source.fileno(), target.fileno(), moved)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join()
    one.close()
    other.close()

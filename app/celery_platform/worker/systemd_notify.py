"""Notifies systemd that a worker has started, and that its event loop still runs.

The same ticks as the heartbeat file's: a unit of `Type=notify` counts as started when the worker has come as far as
asking for its broker, and `WatchdogSec` ends one whose loop is stuck. Only the standard library; nothing happens where
systemd does not listen. Format: sd_notify(3).
"""

import os

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"
_MICROSECONDS = 1_000_000


def notify(*, started: bool, away: float = 0) -> None:
    """Send one tick. The watchdog waits `away` seconds longer than it otherwise would."""
    address = os.environ.get(SOCKET)
    if not address:
        return
    words = ["READY=1"] if started else []
    usual = int(os.environ.get(WATCHDOG) or 0)
    if usual:
        words += [f"WATCHDOG_USEC={usual + int(away * _MICROSECONDS)}", "WATCHDOG=1"]
    _send(address, "\n".join(words))


def _send(address: str, message: str) -> None:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to_systemd:
        # A name that begins with @ is in the abstract namespace, whose names begin with a zero byte.
        to_systemd.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)

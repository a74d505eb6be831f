"""Notify systemd that a worker has started, and that its event loop is still running.

The notifications are the heartbeats that also go to the heartbeat file. A unit with `Type=notify` counts as started
when the worker tries to connect to its broker, and `WatchdogSec` restarts it if its loop is stuck. The module uses only
the standard library and does nothing without systemd. The format is that of sd_notify(3).
"""

import os

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"
_MICROSECONDS = 1_000_000


def notify(*, started: bool, away: float = 0) -> None:
    """Send one heartbeat. The watchdog waits `away` seconds longer than usual for the next."""
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
        # A leading @ stands for the zero byte with which names in the abstract namespace begin.
        to_systemd.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)

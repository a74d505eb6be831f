"""Checks whether a service responds, with the protocol of its clients."""

import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from emulated_region.errors import RegionError

_AGAIN = "`python -m emulated_region stop`, then start again"

# These addresses are on this machine, so a proxy for the internet must not be used for them.
# The certificate is not verified here, since only the response matters; clients verify it.
_unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_unchecked.check_hostname = False
_unchecked.verify_mode = ssl.CERT_NONE
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url: str) -> bool:
    """Whether a GET succeeds within two seconds."""
    try:
        with direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def valkey(host: str, port: int) -> bool:
    """Whether a Valkey or Redis responds to PING, with or without TLS. An authentication error is a response, too."""
    return any(_line(host, port, b"PING\r\n", tls).startswith((b"+PONG", b"-NOAUTH")) for tls in (False, True))


def amqps(host: str, port: int) -> bool:
    """Whether a RabbitMQ starts a connection (method connection.start) over TLS."""
    return b"RabbitMQ" in _line(host, port, b"AMQP\x00\x00\x09\x01", tls=True)


def tcp(host: str, port: int) -> bool:
    """Whether something accepts connections."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def _goes_on() -> bool:
    return False


def wait(
    what: str,
    answers: Callable[[], bool],
    seconds: float,
    found: Callable[[], str],
    *,
    has_ended: Callable[[], bool] = _goes_on,
    remedy: str = _AGAIN,
) -> None:
    """Poll until a service responds, or has ended.

    Raises:
        RegionError: it ended, or did not respond within `seconds`; `found` describes what was found instead.
    """
    end = time.monotonic() + seconds
    while not answers():
        # Checked before the logs are read, so that these contain its last output.
        if has_ended():
            raise RegionError(f"{what} to respond", found() or "its end", remedy)
        if time.monotonic() > end:
            raise RegionError(f"{what} to respond within {seconds:.0f} s", found() or "silence", remedy)
        time.sleep(0.1)


def _line(host: str, port: int, say: bytes, tls: bool = False) -> bytes:
    try:
        with socket.create_connection((host, port), timeout=2) as plain:
            connection = _unchecked.wrap_socket(plain) if tls else plain
            connection.sendall(say)
            return connection.recv(512)
    except OSError:
        return b""

"""Whether a service answers, asked the way its users ask it."""

import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from emulated_region.errors import RegionError

_AGAIN = "`python -m emulated_region stop`, then start again"

# These addresses are on this machine: a proxy that the shell names for the internet must not be asked for them.
# Whether there is an answer is asked here, not whose: clients check the certificate.
_unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_unchecked.check_hostname = False
_unchecked.verify_mode = ssl.CERT_NONE
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url: str) -> bool:
    """Whether a GET is answered with success within two seconds."""
    try:
        with direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def valkey(host: str, port: int) -> bool:
    """Whether a Valkey or Redis answers PING, with TLS or without; to want a login first is an answer too."""
    return any(_line(host, port, b"PING\r\n", tls).startswith((b"+PONG", b"-NOAUTH")) for tls in (False, True))


def amqps(host: str, port: int) -> bool:
    """Whether a RabbitMQ offers to begin (method connection.start) over TLS."""
    return b"RabbitMQ" in _line(host, port, b"AMQP\x00\x00\x09\x01", tls=True)


def tcp(host: str, port: int) -> bool:
    """Whether somebody takes connections."""
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
    """Ask until it answers, or until it has ended and never will.

    Raises:
        RegionError: it ended, or did not answer within `seconds`; `found` says what there is to see instead.
    """
    end = time.monotonic() + seconds
    while not answers():
        # Asked before the logs are read: what it wrote last is in them then.
        if has_ended():
            raise RegionError(f"{what} to answer", found() or "its end", remedy)
        if time.monotonic() > end:
            raise RegionError(f"{what} to answer within {seconds:.0f} s", found() or "silence", remedy)
        time.sleep(0.1)


def _line(host: str, port: int, say: bytes, tls: bool = False) -> bytes:
    try:
        with socket.create_connection((host, port), timeout=2) as plain:
            connection = _unchecked.wrap_socket(plain) if tls else plain
            connection.sendall(say)
            return connection.recv(512)
    except OSError:
        return b""

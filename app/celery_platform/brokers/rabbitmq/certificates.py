"""When the certificates of the broker's nodes expire, as a client sees it."""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 3
# A connection to each node, for a number that changes once a year.
ASKED_EVERY_SECONDS = 3600


class Certificates:
    """The certificates at the URLs of the management API, which are those of AMQP, too.

    `ca_certificate` is the PEM of the only authority to trust; without it, the system's are trusted.

    Example: `Certificates(["https://10.0.0.1:15671"], pem).expiries() == {"10.0.0.1": 1798761600.0}`
    """

    def __init__(self, urls: Iterable[str], ca_certificate: str | None = None) -> None:
        self._places = [urlsplit(url) for url in urls if urlsplit(url).scheme == "https"]
        self._ca_certificate = ca_certificate
        self._known: dict[str, float] = {}
        self._asked_at: float | None = None

    def expiries(self) -> Mapping[str, float]:
        """Host -> Unix time at which its certificate expires. A node that does not answer keeps its last value."""
        now = time.monotonic()
        if self._places and (self._asked_at is None or now - self._asked_at >= ASKED_EVERY_SECONDS):
            self._asked_at = now
            context = ssl.create_default_context(cadata=self._ca_certificate)
            for place in self._places:
                host = str(place.hostname)
                found = _expiry(context, host, place.port or 443)
                if found is not None:
                    self._known[host] = found
        return dict(self._known)


def _expiry(context: ssl.SSLContext, host: str, port: int) -> float | None:
    """The end of the certificate's validity; None without an answer, or with a certificate that is not trusted."""
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate = secure.getpeercert()
    except OSError:  # ssl.SSLError is one
        return None
    return ssl.cert_time_to_seconds(str(certificate["notAfter"])) if certificate else None

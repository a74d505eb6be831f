"""URLs that are none: the rules and what is derived may take those of `services` apart without a second thought."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.words import found

_FORM = "scheme://host:port/path with a port from 1 to 65535, and a name or an IPv4 address as host"


def unreadable(env: Environment) -> Iterator[Problem]:
    """The URLs of services of which nobody could tell where the host or the port is (RFC 3986, 3.2).

    Nor may a host be an address of IPv6: the networks that the platform makes have none, nor their security groups.
    """
    for name, service in env.services.items():
        if service.url is not None and not _readable(service.url):
            yield Problem(f"services.{name}.url", found(service.url), _FORM)
        if service.host is not None and ":" in service.host:
            yield Problem(f"services.{name}.host", found(service.host), "a name or an IPv4 address; the port is `port`")


def _readable(url: str) -> bool:
    """Python refuses a bracket without its pair; `port` what is no number or beyond 65535."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return False
    return port != 0 and ":" not in (parts.hostname or "")

"""Refuse malformed URLs first, so that the rules and `derived/` can split the URLs of `services` without errors."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.words import found

_FORM = "scheme://host:port/path with a port from 1 to 65535, and a name or an IPv4 address as host"


def unreadable(env: Environment) -> Iterator[Problem]:
    """Problems with URLs of services in which the host or the port cannot be found (RFC 3986, 3.2).

    A host must not be an IPv6 address either: neither the platform's networks nor their security groups support IPv6.
    """
    for name, service in env.services.items():
        if service.url is not None and not _readable(service.url):
            yield Problem(f"services.{name}.url", found(service.url), _FORM)
        if service.host is not None and ":" in service.host:
            yield Problem(f"services.{name}.host", found(service.host), "a name or an IPv4 address; the port is `port`")


def _readable(url: str) -> bool:
    """Whether Python can split the URL: it refuses unbalanced brackets, and ports that are not numbers up to 65535."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return False
    return port != 0 and ":" not in (parts.hostname or "")

"""Rules about where traces go."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def collector_has_a_possible_address(env: Environment) -> Iterator[Problem]:
    """The network opens the collector's port, and the file, which everybody reads, contains no password.

    Refused by: Kubernetes, NetworkPolicy (API reference, NetworkPolicyPort); a password by nobody.
    """
    if env.traces.endpoint is None:
        return
    allowed = "http://HOST:PORT, such as http://collector.observability:4318, without a password"
    try:
        parts = urlsplit(env.traces.endpoint)
        wrong = "" if parts.hostname and parts.port != 0 else "a URL without a host or a port"
    except ValueError:
        yield Problem("traces.endpoint", "a URL with an impossible port or host", allowed)
        return
    if parts.username is not None:
        wrong = f"a login in the URL of {parts.hostname}"
    if wrong:
        yield Problem("traces.endpoint", wrong, allowed)


RULES = (collector_has_a_possible_address,)

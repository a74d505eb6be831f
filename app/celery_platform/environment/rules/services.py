"""Rules about `services`: tasks can find and reach what they call, and the file contains no passwords."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from celery_platform.environment.derived.egress import DEFAULT_PORTS, default_port
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def calls_name_existing_services(env: Environment) -> Iterator[Problem]:
    """Pods can reach only the services that are said to be called, so a misspelt service would be unreachable."""
    allowed = f"one of: {', '.join(sorted(env.services))}" if env.services else "nothing, or a name under services"
    calls = {f"queues.{name}": queue.calls for name, queue in env.queues.items()}
    calls |= {f"processes.{name}": process.calls for name, process in env.processes.items()}
    calls |= {"outbox": env.outbox.calls} if env.outbox is not None else {}
    for path, called in calls.items():
        for call in called:
            if call not in env.services:
                yield Problem(f"{path}.calls", repr(call), allowed)


def service_has_a_host_and_a_port(env: Environment) -> Iterator[Problem]:
    """A network policy needs the port, either from the URL or from its scheme.

    Refused by: Kubernetes, NetworkPolicy (API reference, NetworkPolicyPort).
    """
    for name, parts in _urls(env):
        path = f"services.{name}.url"
        port = parts.port or default_port(parts.scheme)
        if not parts.hostname:
            yield Problem(path, f"a URL of {parts.scheme} without a host", "scheme://host:port/path")
        elif port is None:
            known = ", ".join(DEFAULT_PORTS)
            yield Problem(path, f"no port, and the scheme {parts.scheme}", f"a port in the URL, or one of: {known}")


def service_url_carries_no_password(env: Environment) -> Iterator[Problem]:
    """The file is committed, rendered and shown. Secrets are read only by the processes that need them."""
    for name, parts in _urls(env):
        if parts.password is not None:
            found = f"a password in the URL of {parts.username or ''}@{parts.hostname or ''}"
            yield Problem(f"services.{name}.url", found, "a URL without it, and the secret's name as `secret`")


def _urls(env: Environment) -> Iterator[tuple[str, SplitResult]]:
    for name, service in env.services.items():
        if service.url is not None:
            yield name, urlsplit(service.url)


RULES = (calls_name_existing_services, service_has_a_host_and_a_port, service_url_carries_no_password)

"""A temporary connection into the VPC: Systems Manager forwards a local port through one of the hosts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from celery_platform.tunnel.plugin import found_plugin
from celery_platform.tunnel.session import Session, systems_manager


def reachable(host: str, port: int) -> bool:
    """Whether this machine can connect to an address directly, inside the VPC or over a VPN."""
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


@contextmanager
def tunnel(instance: str, host: str, port: int) -> Iterator[int]:
    """Forward a free local port to `host:port` through the EC2 instance `instance`. Yields the local port.

    Raises:
        TunnelError: AWS's session-manager-plugin is not installed, or the session did not open.
    """
    local = free_port()
    with Session(found_plugin(), systems_manager(), instance, host, port, local):
        yield local


def free_port() -> int:
    """A free local port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

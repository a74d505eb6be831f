"""Restrictions while the check imports an application: no network, and no packages that it does not require."""

import importlib.machinery
import importlib.util
import socket
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})


class NoNetworkError(ConnectionError):
    """The application opened a connection while it was imported, which the check does not allow."""


class NotRequiredError(ModuleNotFoundError):
    """The application imported a module that this virtualenv has for other purposes and that hosts will not have."""


def refuse_network() -> None:
    """Refuse all connections and name lookups in this process from now on. It is permanent (`sys.addaudithook`)."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK and not _is_local(event, arguments):
            raise NoNetworkError(f"no network while the application is checked ({event} {arguments[-1]!r})")

    sys.addaudithook(refuse)


def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether it is a Unix socket, such as that of a log or of systemd."""
    return event in {"socket.connect", "socket.sendto"} and arguments[0].family == socket.AF_UNIX


def hide_modules(names: Iterable[str]) -> None:
    """Make imports of these modules from the virtualenv fail. An application's own module of the same name still works.

    Example: `hide_modules(["pytest"])`
    """
    sys.meta_path.insert(0, _NotRequired(frozenset(names)))


class _NotRequired:
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._installed = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._names:
            return None
        found = importlib.machinery.PathFinder.find_spec(name)
        places = [] if found is None else [found.origin, *(found.submodule_search_locations or ())]
        if any(place and Path(place).is_relative_to(root) for place in places for root in self._installed):
            raise NotRequiredError(
                f"No module named {name!r} on hosts and in pods: it is installed here, but the application does not "
                "require it",
                name=name,
            )
        return None

"""What an application finds while it is imported by the check: no network, and no package that it does not require."""

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
    """Somebody was called while the application was imported, which nobody answers before there is an account."""


class NotRequiredError(ModuleNotFoundError):
    """A module that this virtualenv has for another purpose, and that hosts will not have."""


def refuse_network() -> None:
    """From here on no connection is made and no name looked up in this process, for good (`sys.addaudithook`)."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK and not _is_local(event, arguments):
            raise NoNetworkError(f"no network while the application is checked ({event} {arguments[-1]!r})")

    sys.addaudithook(refuse)


def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    """A socket in the file system: a log's, a service manager's."""
    return event in {"socket.connect", "socket.sendto"} and arguments[0].family == socket.AF_UNIX


def hide_modules(names: Iterable[str]) -> None:
    """Let imports of these modules fail, where they come from the virtualenv; a module of the same name that is the
    application's own is found as ever.

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
                f"No module named {name!r} on hosts and in pods: it is installed here, and the application's "
                "requirements do not ask for it",
                name=name,
            )
        return None

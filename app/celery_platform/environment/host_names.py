"""Decide whether a text can be the name or the IPv4 address of a host."""

import re
from ipaddress import AddressValueError, IPv4Address

from celery_platform.environment.ranges import reserved

# RFC 1035, 2.3.4, and RFC 1123, 2.1. Underscores are allowed too: DNS has them, and some private zones use them.
LONGEST_NAME = 253
LONGEST_LABEL = 63
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_OWN = frozenset({"localhost", "localhost.localdomain"})


def fault_of(host: str) -> str | None:
    """Why a text cannot be a host that machines and pods of the environment reach; `None` if it can.

    Example: `fault_of("db.example.com") is None` and `fault_of("a..b") == "an empty part between two dots"`
    """
    if not host.isascii():
        return "letters beyond ASCII: DNS has the xn-- form of such a name"
    labels = host.removesuffix(".").split(".")
    if re.fullmatch(r"\d+|0[xX][0-9a-fA-F]*", labels[-1]):
        return _fault_of_address(host)
    if host.lower() in _OWN:
        return f"loopback: {host} is each machine itself"
    if len(host) > LONGEST_NAME:
        return f"{len(host)} characters: DNS has at most {LONGEST_NAME}"
    if "" in labels:
        return "an empty part between two dots" if host else "nothing"
    if long := [label for label in labels if len(label) > LONGEST_LABEL]:
        return f"a part of {len(long[0])} characters: DNS has at most {LONGEST_LABEL} between two dots"
    if wrong := [label for label in labels if not _LABEL.fullmatch(label)]:
        return f"the part {wrong[0]!r}: only letters, digits and hyphens, no hyphen at its ends"
    return None


def _fault_of_address(host: str) -> str | None:
    try:
        address = IPv4Address(host)
    except AddressValueError:
        return "no IPv4 address of four numbers from 0 to 255, and no name: a name does not end in a number"
    return reserved(address)

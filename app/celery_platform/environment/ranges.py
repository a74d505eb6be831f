"""Ranges of IPv4 addresses that no network and no machine of AWS can have."""

from ipaddress import IPv4Address, IPv4Network

# IANA IPv4 Special-Purpose Address Registry (RFC 6890) and RFC 1112 for 240.0.0.0/4.
_RESERVED = (
    (IPv4Network("0.0.0.0/8"), "this network"),
    (IPv4Network("127.0.0.0/8"), "loopback: each machine itself"),
    (IPv4Network("169.254.0.0/16"), "link-local: the metadata, DNS and time of AWS"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)


def reserved(found: IPv4Network | IPv4Address) -> str | None:
    """What a range or an address is reserved for, with its range; `None` if it is an ordinary one.

    Example: `reserved(IPv4Address("127.0.0.1")) == "loopback: each machine itself (127.0.0.0/8)"`
    """
    network = found if isinstance(found, IPv4Network) else IPv4Network(found)
    return next((f"{purpose} ({taken})" for taken, purpose in _RESERVED if network.overlaps(taken)), None)

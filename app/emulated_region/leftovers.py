"""Remove the bridge and firewall rules that a podman leaves if it is killed while it sets up a network.

Podman does not remove them, and refuses to create the network again ("subnet is already used on the host"). Only call this
while the region has no network, because then everything with its range is left over.
"""

import json
import re
import shlex
import shutil
import subprocess
from ipaddress import IPv4Network

# Chains that netavark creates for one network. Its other chains are shared by all networks.
_OWN_CHAIN = re.compile(r"NETAVARK-(DN-)?[0-9A-F]{13}")


def remove_leftovers(cidr: IPv4Network) -> None:
    """Remove podman's bridges and firewall rules for this range, if there are any."""
    if shutil.which("ip"):
        for bridge in leftover_bridges(cidr):
            _remove_bridge(bridge)
    if shutil.which("iptables"):
        for table in ("nat", "filter"):
            for words in leftover_rules(_output("iptables", "-w", "-t", table, "-S"), cidr):
                _output("iptables", "-w", "-t", table, *words)


def leftover_bridges(cidr: IPv4Network) -> list[str]:
    """Interfaces with podman's naming scheme and the first address of the range."""
    rows = json.loads(_output("ip", "-json", "-4", "address") or "[]")
    return [
        row["ifname"]
        for row in rows
        if row["ifname"].startswith("podman")
        for address in row["addr_info"]
        if (address["local"], address["prefixlen"]) == (str(cidr.network_address + 1), cidr.prefixlen)
    ]


def leftover_rules(listing: str, cidr: IPv4Network) -> list[list[str]]:
    """The arguments of iptables, in order, to remove everything of this range from a table.

    Example: `leftover_rules("-A POSTROUTING -s 10.90.0.0/16 -j NETAVARK-0123456789ABC", IPv4Network("10.90.0.0/16"))`
    -> `[["-D", "POSTROUTING", "-s", "10.90.0.0/16", "-j", "NETAVARK-0123456789ABC"]]`
    """
    rules = [words for words in map(shlex.split, listing.splitlines()) if words[:1] == ["-A"]]
    chains = {words[1] for words in rules if str(cidr) in words and _OWN_CHAIN.fullmatch(words[1])}
    deletions = [["-D", *words[1:]] for words in rules if str(cidr) in words or chains & set(words)]
    return deletions + [["-X", chain] for chain in sorted(chains)]


def _remove_bridge(bridge: str) -> None:
    """Remove the bridge and the host ends of containers' veth pairs."""
    cables = json.loads(_output("ip", "-json", "link", "show", "master", bridge) or "[]")
    for name in [*(row["ifname"] for row in cables if row), bridge]:
        _output("ip", "link", "delete", name)


def _output(*command: str) -> str:
    """The output of a command. An error is ignored, because the next step reports what is still in the way."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout

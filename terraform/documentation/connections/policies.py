"""What the chart's NetworkPolicies let pods connect to."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

Manifest = Mapping[str, Any]


def lets_out(manifests: Iterable[Manifest], labels: Mapping[str, str], address: str, port: int) -> str | None:
    """The name of the policy that lets pods with these labels connect to an address; None if one of them refuses it.

    Pods that no policy selects may connect to anything, as KEDA's, which are not the chart's.

    Example: `lets_out(manifests, {"app.kubernetes.io/component": "beat"}, "10.40.0.0/16", 6379) == "beat"`
    """
    selecting = [one for one in manifests if one["kind"] == "NetworkPolicy" and _selects(one["spec"], labels)]
    if not selecting:
        return "no policy"
    for policy in selecting:
        if any(_allows(rule, address, port) for rule in policy["spec"]["egress"]):
            return str(policy["metadata"]["name"])
    return None


def _selects(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = spec["podSelector"].get("matchLabels", {})
    return "Egress" in spec["policyTypes"] and wanted.items() <= labels.items()


def _allows(rule: Mapping[str, Any], address: str, port: int) -> bool:
    if not any(one["port"] == port and one["protocol"] == "TCP" for one in rule["ports"]):
        return False
    ranges = [ip_network(peer["ipBlock"]["cidr"]) for peer in rule["to"] if "ipBlock" in peer]
    return any(ip_network(address).subnet_of(one) for one in ranges)  # type: ignore[arg-type] # both are IPv4

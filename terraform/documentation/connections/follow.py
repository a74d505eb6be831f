"""Follow a connection from who needs it to what listens, and say where it ends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documentation.connections.needs import NONE, Need
from documentation.connections.network import Network, Place
from documentation.connections.policies import Manifest, lets_out

ERLANG_COOKIE = "erlang_cookie"  # read on the machine that runs Ansible, which writes it to the nodes


@dataclass(frozen=True)
class Followed:
    """A connection, what each step of it is, and what is missing. Without `faults` it can be made."""

    need: Need
    listener: str
    let_in: str
    let_out: str
    faults: tuple[str, ...]


def follow(
    resolved: Mapping[str, Any], network: Network, manifests: Sequence[Manifest], wanted: Iterable[Need]
) -> list[Followed]:
    """Follow each connection.

    Example: `[one.faults for one in follow(resolved, network, manifests, needs) if one.faults] == []`
    """
    return [_followed(resolved, network, manifests, need) for need in wanted]


def _followed(resolved: Mapping[str, Any], network: Network, manifests: Sequence[Manifest], need: Need) -> Followed:
    target = network.listener(need.host)
    faults = list(_secrets(resolved, need))
    admitted = NONE
    if target is not None:
        admitted, missing = _in(network, need, target)
        faults += missing
    elif network.is_inside(need.host):
        faults.append(f"nothing of the environment is at {need.host}")
    to = target or Place("outside", frozenset(), need.outside)
    out = network.let_out(need.source, to, need.port)
    if out is None:
        faults.append(f"no rule of {need.source.name} lets it out to port {need.port} of {need.host}")
    if need.labels is not None:
        policy = lets_out(manifests, need.labels, to.address, need.port)
        if policy is None:
            faults.append(f"a network policy of {need.workload} refuses port {need.port} of {need.host}")
        out = f"{out}, policy {policy}"
    return Followed(need, to.name, admitted, out or NONE, tuple(faults))


def _in(network: Network, need: Need, target: Place) -> tuple[str, list[str]]:
    """The rules that admit the connection, and what is missing: of the listener and of what is behind it."""
    faults = []
    if need.port not in target.ports:
        faults.append(f"{target.name} listens on {', '.join(map(str, sorted(target.ports)))}, not on {need.port}")
    admitted = network.let_in(need.source, target, need.port)
    if admitted is None:
        faults.append(f"no rule of {target.name} admits {need.source.name} on port {need.port}")
    if target.behind and not target.behind.get(need.port):
        faults.append(f"nothing is behind port {need.port} of {target.name}")
    for place in target.behind.get(need.port, ()):
        if need.port not in place.ports:
            faults.append(f"{place.name} behind {target.name} does not listen on {need.port}")
        if network.let_out(target, place, need.port) is None or network.let_in(target, place, need.port) is None:
            faults.append(f"no rule between {target.name} and {place.name} on port {need.port}")
    return admitted or NONE, faults


def _secrets(resolved: Mapping[str, Any], need: Need) -> Iterator[str]:
    workload = resolved["workloads"].get(need.workload)
    if need.secret not in ("", ERLANG_COOKIE) and (workload is None or need.secret not in workload["secrets"]):
        yield f"{need.workload} may not read the secret {need.secret}"
    if not need.trusted:
        yield f"{need.workload} is not given the certificate of the authority ({need.authority})"

"""What people connect to in an environment, from its derived values and what Terraform wrote to the account."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from celery_platform.errors import TunnelError
from celery_platform.settings.tunnelled import LOOPBACK

Json = dict[str, Any]
# Of Debian's packages (ansible/roles/monitoring/templates).
ON_THE_GATE = {"prometheus": 9090, "alertmanager": 9093}
KUBERNETES, WORKERS, CONSOLE = "kubernetes", "workers", "console"
HTTPS = 443  # the only port that URLs of AWS leave out
# Each address is a session. So many workers are forwarded only if they are asked for.
MOST_WORKERS = 8


@dataclass(frozen=True)
class Target:
    """A server in the VPC. `label` is what it is for; on the gate itself, the host is loopback."""

    label: str
    host: str
    port: int


def gate_ports(resolved: Json) -> dict[str, int]:
    """The ports that the monitoring host serves on its loopback, by their label; none without that host.

    Example: `gate_ports(resolved)["prometheus"] == 9090`
    """
    if not resolved["monitoring_hosts"]:
        return {}
    console = resolved["console"] or {}
    return ON_THE_GATE | ({CONSOLE: int(console["port"])} if console.get("runs_on") == "hosts" else {})


def targets_of(
    urls: Iterable[tuple[str, str]], workers: Iterable[str], cluster_url: str | None, on_the_gate: Mapping[str, int]
) -> list[Target]:
    """Every server that people connect to.

    Args:
        urls: the label and the URL of each server of the broker, the result store and so on.
        workers: where each worker on a host serves its metrics, as `host:port`.
        cluster_url: the URL of the cluster's API; `None` without a cluster.
        on_the_gate: what `gate_ports` says.

    Example: `targets_of([("results", "rediss://cache:6379/1")], [], None, {})[0].port == 6379`
    """
    found = [_target(label, url) for label, url in urls]
    found += [Target(label, LOOPBACK, port) for label, port in on_the_gate.items()]
    found += [_target(KUBERNETES, cluster_url)] if cluster_url else []
    found += [_target(WORKERS, f"http://{address}") for address in workers]
    return list(dict.fromkeys(found))


def chosen(targets: list[Target], labels: Iterable[str]) -> Iterator[Target]:
    """The targets with these labels; without labels all, but no large number of workers.

    Raises:
        TunnelError: there is no target with a label.
    """
    wanted, known = list(labels), list(dict.fromkeys(target.label for target in targets))
    for label in wanted:
        if label not in known:
            raise TunnelError("the label of a target", repr(label), f"Use one of: {', '.join(known)}.")
    many = sum(target.label == WORKERS for target in targets) > MOST_WORKERS
    for target in targets:
        if target.label in wanted if wanted else not (many and target.label == WORKERS):
            yield target


def _target(label: str, url: str) -> Target:
    parts = urlsplit(url)
    return Target(label, str(parts.hostname), parts.port or HTTPS)

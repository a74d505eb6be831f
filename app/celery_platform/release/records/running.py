"""Which recorded release hosts and pods run now."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from celery_platform.release.cluster.deploy import RELEASE, recorded
from celery_platform.release.cluster.tools import Cluster
from celery_platform.release.records.manifest import HostNote, Manifest


@dataclass
class Running:
    """Names of hosts by the id of their release; of the others, what they run instead. `pods` is the id of theirs."""

    hosts: dict[str, list[str]] = field(default_factory=dict)
    unrecorded: dict[str, str] = field(default_factory=dict)
    pods: str = ""

    def of(self, id_: str) -> str:
        """Where a release runs, in words; empty if nowhere.

        Example: `running.of("92c0b9fa8a11-5a41d0c7") == "3 hosts, pods"`
        """
        hosts = len(self.hosts.get(id_, ()))
        words = [f"{hosts} host{'s' if hosts > 1 else ''}"] if hosts else []
        return ", ".join([*words, *(["pods"] if id_ == self.pods else [])])


def on_hosts(releases: Iterable[Manifest], notes: Mapping[str, HostNote]) -> Running:
    """Compare what hosts run with the recorded releases. Equal content is the same release, however it got there.

    A release that differs from another in its chart only is the same one to hosts; the newest is named.

    Args:
        releases: the records, the newest first.
        notes: `Store.hosts()`.

    Example: `on_hosts([], {"w-1": HostNote(release="92c0-python3.13", configuration="1f")}).unrecorded`
    """
    known: dict[tuple[str, str], str] = {}
    for one in releases:
        known.setdefault(one.on_hosts, one.id)
    found = Running()
    for host, note in sorted(notes.items()):
        id_ = known.get(note.on_hosts)
        if id_:
            found.hosts.setdefault(id_, []).append(host)
        else:
            found.unrecorded[host] = f"{note.release}, configuration {note.configuration}"
    return found


def on_pods(cluster: Cluster, resolved: dict[str, Any]) -> str:
    """The id of the release that the cluster runs; empty if it was not deployed from a record, or nothing was.

    Raises:
        ChartError: the cluster does not answer.

    Example: `on_pods(cluster, resolved) == "92c0b9fa8a11-5a41d0c7"`
    """
    where = f"--namespace={resolved['eks']['namespace']}"
    if json.loads(cluster.helm("list", f"--filter=^{RELEASE}$", where, "--output=json") or "[]"):
        return recorded(cluster, resolved)
    return ""

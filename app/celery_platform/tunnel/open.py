"""Open a tunnel to an environment, and keep it until it is interrupted."""

import json
import shlex
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery_platform.brokers.choice import urls_of
from celery_platform.environment.account import account_variables
from celery_platform.environment.files import state_folder
from celery_platform.observability.status.show import worker_addresses
from celery_platform.output import show_table
from celery_platform.release.cluster.access import described, of_eks
from celery_platform.settings import Runtime, runtime
from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.tunnelled import LOOPBACK, Forwarded, only_tunnel, record
from celery_platform.tunnel.account import gate
from celery_platform.tunnel.keep import Kept, interrupted_by_every_signal, keep, opened
from celery_platform.tunnel.plugin import found_plugin
from celery_platform.tunnel.session import Session, systems_manager
from celery_platform.tunnel.targets import CONSOLE, KUBERNETES, Target, chosen, gate_ports, targets_of

Json = dict[str, Any]


def open_tunnel(labels: Sequence[str], say: Callable[[str], None]) -> None:
    """Forward a port of this machine to each target of this process's environment until interrupted.

    Args:
        labels: which targets; all if there are none.
        say: prints a line.

    Raises:
        TunnelError: the plugin is missing, a session cannot be opened, or one ended and cannot be opened again.
    """
    plugin = found_plugin()
    resolved: Json = json.loads(chosen_file().read_text())
    name = resolved["name"]
    with interrupted_by_every_signal(), only_tunnel(name):
        outside = _targets(runtime(), resolved, None)
        cluster = _cluster(resolved) if _asks_for_more(labels, outside) else None
        targets = list(chosen(_targets(runtime(), resolved, cluster) if cluster else outside, labels))
        instance, ssm = gate(resolved), systems_manager()
        ends = [Forwarded(one.label, one.host, one.port, local) for one, local in _with_ports(targets)]
        sessions = [Kept(end, Session(plugin, ssm, instance, end.host, end.port, end.local)) for end in ends]
        say(f"{len(sessions)} sessions of Session Manager through {instance} ...")
        with opened(sessions), _kubeconfig(resolved, cluster, ends) as file:
            record(name, ends)
            show_table(("to", "address", "local port", "use"), _rows(name, ends, file), numbers=("local port",))
            say(f"Commands with `--env {name}` on this machine go through it. Ctrl-C ends it.")
            keep(sessions, say)
        say("every session is ended")


def _asks_for_more(labels: Sequence[str], targets: Sequence[Target]) -> bool:
    """Whether people want more than these; without a label, all. Who wants a queue may not see the cluster."""
    return not labels or not {one.label for one in targets}.issuperset(labels)


def _cluster(resolved: Json) -> Json | None:
    return described(resolved["eks"]["name"]) if resolved["eks"]["enabled"] else None


def _targets(now: Runtime, resolved: Json, cluster: Json | None) -> list[Target]:
    urls = [(label, url) for label, servers in urls_of(now).items() for url in servers]
    urls.append(("results", now.discovery.results_url))
    workers = [address for addresses in worker_addresses().values() for address in addresses]
    return targets_of(urls, workers, cluster["endpoint"] if cluster else None, gate_ports(resolved))


def _with_ports(targets: Sequence[Target]) -> Iterator[tuple[Target, int]]:
    """A free port for each. All are bound before one is used, so that they differ."""
    probes = [socket.socket() for _ in targets]
    for probe in probes:
        probe.bind((LOOPBACK, 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return zip(targets, ports, strict=True)


@contextmanager
def _kubeconfig(resolved: Json, cluster: Json | None, ends: Sequence[Forwarded]) -> Iterator[Path]:
    """The kubeconfig with which any kubectl goes through the tunnel, while it runs."""
    file = state_folder(resolved["name"]) / "kubeconfig"
    if cluster is not None and any(end.label == KUBERNETES for end in ends):
        variables = account_variables(resolved["name"], resolved["region"], {})
        file.touch(mode=0o600)
        file.write_text(json.dumps(of_eks(resolved["eks"]["name"], cluster, ends, variables), indent=2))
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _rows(name: str, ends: Sequence[Forwarded], file: Path) -> Iterator[tuple[str, str, int, str]]:
    for end in ends:
        yield end.label, f"{end.host}:{end.port}", end.local, _use(name, end, file)


def _use(name: str, end: Forwarded, file: Path) -> str:
    """The command that needs this target, or what a browser opens."""
    return {
        "broker": f"app dlq list --env {name}; app inspect --env {name}",
        "results": f"app send --env {name} --wait 30 TASK",
        "prometheus": f"http://{LOOPBACK}:{end.local}/alerts",
        "alertmanager": f"http://{LOOPBACK}:{end.local}",
        CONSOLE: f"make console ENV={name}",
        KUBERNETES: f"kubectl --kubeconfig {shlex.quote(str(file))} get pods -A; make deploy ENV={name}",
    }.get(end.label, f"app status --env {name} --once")

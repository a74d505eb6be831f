"""Show an environment's state: once, as JSON, or live until interrupted."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict

from celery_platform.observability.exporter.reading import Source
from celery_platform.observability.status.poll import Poller
from celery_platform.observability.status.screen import screen
from celery_platform.observability.status.snapshot import Snapshot
from celery_platform.settings import Runtime, runtime
from celery_platform.settings.chosen import chosen_file

# Seconds between the two polls of `--once`, from which the trend is computed.
ONCE_SECONDS = 2.0


def show(
    source_of: Callable[[Runtime], Source], *, once: bool, as_json: bool, interval: float, prometheus: str
) -> bool:
    """Show the state and return whether the environment is healthy (see `healthy`).

    Args:
        source_of: what to poll of an environment's broker.
        once: print the state once.
        as_json: print it once, as JSON.
        interval: seconds between polls of the live view.
        prometheus: the URL of Prometheus, from which to read alerts and error budgets; may be empty.

    Raises:
        SettingsError: the environment cannot be used.
    """
    from rich.live import Live

    from celery_platform.output import console, show_json

    now = runtime()
    poller = Poller(now, source_of, worker_addresses(), prometheus)
    limits = now.environment.alerts
    snapshot = poller.poll()
    if once or as_json:
        time.sleep(ONCE_SECONDS)
        snapshot = poller.poll()
        if as_json:
            show_json(asdict(snapshot))
        else:
            console().print(screen(snapshot, limits))
        return healthy(snapshot)
    with Live(screen(snapshot, limits), console=console(), screen=True) as live:
        while True:
            time.sleep(interval)
            snapshot = poller.poll()
            live.update(screen(snapshot, limits))


def healthy(snapshot: Snapshot) -> bool:
    """Whether everything answered, no alert is firing, no message is dead-lettered and no worker is missing."""
    return (
        not snapshot.problems
        and not snapshot.alerts
        and not any(queue.dead_letters for queue in snapshot.queues.values())
        and all(pool.workers is None or pool.workers >= pool.expected for pool in snapshot.pools.values())
    )


def worker_addresses() -> dict[str, list[str]]:
    """The addresses at which the workers of each pool on hosts serve their metrics."""
    resolved = json.loads(chosen_file().read_text())
    addresses: dict[str, list[str]] = {}
    for host in resolved["worker_hosts"].values():
        for name in host["pools"]:
            pool = resolved["pools"][name]
            ports = range(pool["metrics_port"], pool["metrics_port"] + pool["workers_per_host"])
            addresses.setdefault(name, []).extend(f"{host['private_ip']}:{port}" for port in ports)
    return addresses

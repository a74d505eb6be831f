"""A monitored environment: a worker, the exporter, Prometheus with the environment's rules, and Alertmanager.

Rules and scrapes are five times as fast as in production, so that five minutes there are one minute here.
"""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from celery_platform.observability.alerts.render import rules

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running, wait_for_port
from tests.harness.waiting import eventually

from .prometheus import Monitoring, monitoring
from .worker import ObservedWorker

FASTER = 5
QUEUE_LENGTH = 100  # instead of the local environment's 500: a flood that a test can make
_DURATION = re.compile(r"(?<=\[)(\d+)([smh])(?=\])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass
class Stack:
    """The running processes. Tests may kill `worker_process`."""

    environment: TestEnvironment
    worker: ObservedWorker
    monitoring: Monitoring
    exporter_port: int
    stop_worker: ExitStack

    def alerts_within(self, alerts: set[str], production_seconds: float) -> float:
        """Wait until exactly these alerts fire; return the time it took, in seconds as in production."""
        began = time.monotonic()
        limit = production_seconds / FASTER + 20  # a busy machine is slower
        while time.monotonic() - began < limit:
            firing = self.monitoring.firing()
            assert firing <= alerts, f"{firing - alerts} fire in addition to {alerts}"
            if firing == alerts:
                return (time.monotonic() - began) * FASTER
            time.sleep(0.5)
        raise AssertionError(f"after {limit} s {firing} fire instead of {alerts}")


def faster(resolved: dict, folder: Path) -> Path:  # type: ignore[type-arg]
    """The environment's rules, with every duration divided."""
    made = rules(resolved | {"alerts": resolved["alerts"] | {"queue_length": QUEUE_LENGTH}})
    for group in made["groups"]:
        group["interval"] = "2s"
        for rule in group["rules"]:
            rule["expr"] = _DURATION.sub(_divided, rule["expr"])
            if "for" in rule:
                rule["for"] = _divided(re.match(r"(\d+)([smh])", rule["for"]))
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump(made))
    return file


def _divided(duration: "re.Match[str] | None") -> str:
    assert duration
    return f"{max(0, round(int(duration[1]) * _SECONDS[duration[2]] / FASTER))}s"


@contextmanager
def watched(environment: TestEnvironment, worker: ObservedWorker, folder: Path) -> Iterator[Stack]:
    """Start everything, and wait until no alert is firing."""
    port, log = free_port(), folder / "exporter.log"
    words = ["exporter", "--address", "127.0.0.1", "--port", str(port), "--interval", "2"]
    command = [sys.executable, "-m", "celery_platform", *words]
    heartbeat = {"CELERY_HEARTBEAT_FILE": str(folder / "heartbeat")}
    with ExitStack() as all_, ExitStack() as worker_stack:
        worker_stack.enter_context(worker.started(heartbeat))
        exporter = all_.enter_context(running(command, log, environment.variables))
        wait_for_port(port, exporter, log)
        watching = all_.enter_context(
            monitoring(
                folder, faster(environment.resolved, folder), [f"127.0.0.1:{worker.port}"], [f"127.0.0.1:{port}"]
            )
        )
        eventually(lambda: watching.query("celery_broker_up == 1"), "the exporter's first poll", 30)
        eventually(lambda: watching.query("celery_worker_up == 1"), "the worker's first scrape", 30)
        yield Stack(environment, worker, watching, port, worker_stack)


def without_schedule(environment: TestEnvironment, folder: Path) -> TestEnvironment:
    """The environment without a schedule, so that the absence of beat raises no alert."""
    return _changed(environment, folder, {"schedule": {}})


def with_relay(environment: TestEnvironment, folder: Path, replicas: int = 1) -> TestEnvironment:
    """The environment as one with an `outbox` resolves to, for processes that only read that it has a relay."""
    relay = {"command": [], "replicas": replicas, "variables": {}, "secrets": {}}
    return _changed(environment, folder, {"processes": environment.resolved["processes"] | {"relay": relay}})


def scaled_on_wait(environment: TestEnvironment, folder: Path) -> TestEnvironment:
    """The environment with the pool `io` scaled on waiting time."""
    pools = environment.resolved["pools"]
    return _changed(environment, folder, {"pools": pools | {"io": pools["io"] | {"scale_on": "wait"}}})


def _changed(environment: TestEnvironment, folder: Path, sections: dict[str, Any]) -> TestEnvironment:
    resolved = json.loads(json.dumps(environment.resolved)) | sections
    file = folder / f"resolved-{'-'.join(sections)}.json"
    file.write_text(json.dumps(resolved))
    variables = environment.variables | {"CELERY_ENVIRONMENT_FILE": str(file)}
    return replace(environment, resolved=resolved, variables=variables)

"""Every component of the chart on real nodes, with a RabbitMQ, a Valkey and an account on this machine."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from celery_platform.environment.derived.processes import processes
from celery_platform.environment.load import parse

from tests.harness.cable import cable
from tests.harness.environment import KEYS, LOCAL
from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually
from tests.stops.brokers import broker
from tests.stops.conftest import aws_endpoint, folder, ledger, plain_results, valkey_port

from ..within_reach import ADDRESS, NO_ADDRESS, own_namespace, uninstall
from .release import CONSOLE, CONSOLE_IMAGE, IMAGE, PORT, WORKERS, Deployed, ready

__all__ = ["aws_endpoint", "folder", "ledger", "plain_results", "valkey_port"]
PROCESSES = f"""
processes:
  web:
    runs_on: eks
    command: [python, -m, http.server, "{PORT}", --directory, /etc/celery]
    port: {PORT}
    health_path: /resolved.json
    cpu: 0.05
    memory_mib: 128
"""
# All pods, and one more worker during an upgrade, fit on a node of two cores.
SMALL = {"cpu": "100m", "memory": "512Mi"}


@pytest.fixture(scope="session")
def deployed(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger) -> Iterator[Deployed]:
    """One pool, beat, the exporter, deletion costs, a process, and the console if the nodes have its image."""
    if not IMAGE:
        pytest.skip("CLUSTER_IMAGE names no image that the nodes have")
    if not ADDRESS or ADDRESS.startswith("127."):
        pytest.skip(NO_ADDRESS)
    mine = folder / "real-pods"
    mine.mkdir()
    with ExitStack() as stack:
        rabbitmq = stack.enter_context(broker("rabbitmq", mine, aws_endpoint, plain_results, ledger)).environment

        def reached(url: str) -> str:
            """The URL of a server on this machine, as a pod reaches it."""
            port = url.rpartition(":")[2].partition("/")[0]
            return url.replace(f"127.0.0.1:{port}", f"{ADDRESS}:{stack.enter_context(cable(int(port), ADDRESS)).port}")

        theirs = rabbitmq.variant(
            mine, broker_url=reached(rabbitmq.broker_url), results_url=reached(plain_results)
        ).resolved
        theirs["autoscaler"] = "hpa"
        theirs["pools"]["io"] |= {"min": WORKERS, "max": WORKERS + 1, "cpu": 0.4, "node_selector": {}}
        theirs["eks"]["node_selector"] = {}
        theirs["processes"] = processes(parse(f"{LOCAL.read_text()}{PROCESSES}".encode(), LOCAL), theirs["prefix"])
        theirs["console"] = CONSOLE if CONSOLE_IMAGE else None
        theirs["application"]["variables"]["LEDGER_URL"] = reached(ledger.url)
        variables = KEYS | {"AWS_ENDPOINT_URL": reached(aws_endpoint)}
        own = ("AWS_REGION", "AWS_DEFAULT_REGION")
        values = theirs | {
            "image": IMAGE, "console_image": CONSOLE_IMAGE, "console_resources": SMALL,
            "discovery": {"broker_url": rabbitmq.broker_url},
            "variables": {name: value for name, value in variables.items() if name not in own},
        }  # fmt: skip
        namespace = stack.enter_context(own_namespace())
        release = Deployed(namespace, mine, values, rabbitmq)
        stack.callback(uninstall, namespace)
        release.upgrade()
        eventually(lambda: len(ready(release)) == WORKERS, f"{WORKERS} workers", 120)
        yield release

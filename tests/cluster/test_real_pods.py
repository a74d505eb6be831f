"""Level D: the chart's pods run tasks on real nodes, and nothing that ends one of them loses or repeats a task.

The nodes have the image of the tests' application under the name in CLUSTER_IMAGE, with its digest.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chart.rendered import Json
from tests.harness.cable import cable
from tests.harness.environment import KEYS, TestEnvironment
from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually

from ..stops.brokers import broker
from ..stops.conftest import aws_endpoint, folder, ledger, plain_results, valkey_port
from ..stops.load import under_load
from .live import kubectl, ran
from .node_signals import freeze, restarts
from .within_reach import ADDRESS, NO_ADDRESS, install, own_namespace, uninstall

__all__ = ["aws_endpoint", "folder", "ledger", "plain_results", "valkey_port"]
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

IMAGE = os.environ.get("CLUSTER_IMAGE", "")
WORKERS = 2
WORKER = "app.kubernetes.io/component=worker-io"


@dataclass(frozen=True)
class Deployed:
    """The release: where it is, what it was installed with, and the environment of its producers."""

    namespace: str
    folder: Path
    values: Json
    producer: TestEnvironment

    def upgrade(self, **variables: str) -> None:
        """Install or upgrade with these variables of all pods, and wait until the new pods are ready."""
        values = self.values | {"variables": self.values["variables"] | variables}
        install(self.namespace, self.folder, values, "--wait", "--timeout=5m")

    def workers(self) -> list[Json]:
        """The pods of the pool that do not end."""
        found = kubectl("get", "pods", f"--selector={WORKER}", f"--namespace={self.namespace}")["items"]
        return [one for one in found if not one["metadata"].get("deletionTimestamp")]


@pytest.fixture(scope="module")
def deployed(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger) -> Iterator[Deployed]:
    """One pool, beat and the exporter, ready, with a RabbitMQ, a Valkey and an account on this machine."""
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
        theirs["pools"]["io"] |= {"min": WORKERS, "max": WORKERS, "cpu": 0.5, "node_selector": {}}
        theirs["eks"]["node_selector"] = {}
        theirs["application"]["variables"]["LEDGER_URL"] = reached(ledger.url)
        variables = KEYS | {"AWS_ENDPOINT_URL": reached(aws_endpoint)}
        own = ("AWS_REGION", "AWS_DEFAULT_REGION")
        values = theirs | {
            "image": IMAGE, "discovery": {"broker_url": rabbitmq.broker_url},
            "variables": {name: value for name, value in variables.items() if name not in own},
        }  # fmt: skip
        namespace = stack.enter_context(own_namespace())
        release = Deployed(namespace, mine, values, rabbitmq)
        stack.callback(uninstall, namespace)
        release.upgrade()
        eventually(lambda: len(_ready(release)) == WORKERS, f"{WORKERS} workers", 120)
        yield release


def _ready(release: Deployed) -> list[Json]:
    return [one for one in release.workers() if _is(one, "Ready")]


def _is(pod: Json, condition: str) -> bool:
    return any(one["type"] == condition and one["status"] == "True" for one in pod["status"].get("conditions", ()))


def test_every_component_is_ready_and_none_was_restarted(deployed: Deployed) -> None:
    pods = kubectl("get", "pods", f"--namespace={deployed.namespace}")["items"]

    assert {one["metadata"]["labels"]["app.kubernetes.io/component"] for one in pods} == {
        "worker-io", "beat", "exporter",
    }  # fmt: skip
    assert [one["metadata"]["name"] for one in pods if not _is(one, "Ready")] == []
    assert sum(restarts(deployed.namespace, one["metadata"]["name"]) for one in pods) == 0


def test_a_pod_that_is_deleted_during_its_tasks_ends_them_first(
    deployed: Deployed, ledger: Ledger, tmp_path: Path
) -> None:
    with under_load(deployed.producer, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > WORKERS, "tasks in both workers")
        name = deployed.workers()[0]["metadata"]["name"]
        ran("kubectl", "delete", "pod", name, f"--namespace={deployed.namespace}", "--timeout=120s")
        eventually(lambda: len(_ready(deployed)) == WORKERS, "its replacement", 120)

    assert load.sent > 0
    assert (load.lost, load.repeated, load.again) == (0, 0, 0)


def test_an_upgrade_interrupts_no_task(deployed: Deployed, ledger: Ledger, tmp_path: Path) -> None:
    before = {one["metadata"]["uid"] for one in deployed.workers()}
    with under_load(deployed.producer, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > WORKERS, "tasks in both workers")
        deployed.upgrade(CELERY_LOG_LEVEL="DEBUG")
        eventually(lambda: not before & {one["metadata"]["uid"] for one in deployed.workers()}, "new workers", 120)

    assert load.sent > 0
    assert (load.lost, load.repeated, load.again) == (0, 0, 0)


def test_a_worker_that_hangs_is_restarted_within_a_minute_and_loses_nothing(
    deployed: Deployed, ledger: Ledger, tmp_path: Path
) -> None:
    pod = deployed.workers()[0]
    name = pod["metadata"]["name"]
    with under_load(deployed.producer, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > WORKERS, "tasks in both workers")
        freeze(pod, IMAGE)
        frozen = time.monotonic()
        eventually(lambda: restarts(deployed.namespace, name) == 1, "the restart", 120)
        seconds = time.monotonic() - frozen
        print(f"restarted {seconds:.1f} s after it hung")
        eventually(lambda: len(_ready(deployed)) == WORKERS, "both workers", 120)

    assert seconds <= 75, f"{seconds:.0f} s"
    assert (load.lost, load.repeated) == (0, 0)

"""Level D: the chart's pods run tasks on real nodes, and nothing that ends one of them loses or repeats a task."""

import time
from pathlib import Path

import pytest

from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually
from tests.stops.load import under_load

from ..live import kubectl, ran
from ..node_signals import freeze, restarts
from .release import CONSOLE_IMAGE, IMAGE, WORKERS, Deployed, has, ready

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]


def test_every_component_is_ready_and_none_was_restarted(deployed: Deployed) -> None:
    pods = kubectl("get", "pods", f"--namespace={deployed.namespace}")["items"]

    assert {one["metadata"]["labels"]["app.kubernetes.io/component"] for one in pods} == {
        "worker-io", "beat", "exporter", "deletion-costs", "process-web", *(["console"] if CONSOLE_IMAGE else []),
    }  # fmt: skip
    assert [one["metadata"]["name"] for one in pods if not has(one, "Ready")] == []
    assert sum(restarts(deployed.namespace, one["metadata"]["name"]) for one in pods) == 0


def test_a_pod_that_is_deleted_during_its_tasks_ends_them_first(
    deployed: Deployed, ledger: Ledger, tmp_path: Path
) -> None:
    with under_load(deployed.producer, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > WORKERS, "tasks in both workers")
        name = deployed.workers()[0]["metadata"]["name"]
        ran("kubectl", "delete", "pod", name, f"--namespace={deployed.namespace}", "--timeout=120s")
        eventually(lambda: len(ready(deployed)) == WORKERS, "its replacement", 120)

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
        eventually(lambda: len(ready(deployed)) == WORKERS, "both workers", 120)

    assert seconds <= 75, f"{seconds:.0f} s"
    assert (load.lost, load.repeated) == (0, 0)

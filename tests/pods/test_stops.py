"""Pods that end during their tasks lose none and duplicate no effect, for each way to end and each broker.

`make stop-matrix` stores the numbers for the chart's README. The half for hosts is the scenario `hard_stop` of
celery_worker.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from local_containers.podman import Podman

from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually

from ..stops import matrix
from ..stops.brokers import Broker
from ..stops.strike import ENDS, strike
from .kubelet import RunningPod, running_pod

pytestmark = [pytest.mark.pods, pytest.mark.timeout(900)]


class Deployment:
    """Two pods. A replacement has a new name."""

    def __init__(self, start: Callable[[int], RunningPod]) -> None:
        self._start = start
        self.pods = [start(0), start(1)]

    def term(self) -> None:
        """Delete one pod; the other continues."""
        self.pods[0].delete()

    def kill(self) -> None:
        """Send SIGKILL to every process of a pod, as when a node dies; the kubelet restarts the container."""
        self.pods[0].send(signal.SIGKILL)

    def out_of_memory(self) -> None:
        """Wait until the kernel has killed all processes of the pod whose task exceeds the memory limit."""
        before = {pod.pod.name: pod.process for pod in self.pods}
        eventually(lambda: any(pod.process != before[pod.pod.name] for pod in self.pods), "a restart", seconds=90)

    def deploy(self) -> None:
        """Replace the pods: a new one is ready before an old one is stopped."""
        for old in (0, 1):
            new = self._start(old + 2)
            self.pods[old].delete()
            self.pods[old] = new


@pytest.fixture
def deployment(podman: Podman, image: str, broker: Broker) -> Iterator[Deployment]:
    """A deployment that is ready before the test and removed afterwards."""
    with ExitStack() as pods:
        start = partial(running_pod, podman, image, broker.environment)
        yield Deployment(lambda number: pods.enter_context(start(number)))


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_lost_and_nobody_pays_twice(
    deployment: Deployment, broker: Broker, ledger: Ledger, end: str
) -> None:
    ways = {
        "TERM": deployment.term, "KILL": deployment.kill, "OOM": deployment.out_of_memory,
        "broker restart": broker.restart, "deploy": deployment.deploy,
    }  # fmt: skip
    huge_mib = 2 * deployment.pods[0].memory_mib if end == "OOM" else 0

    outcome = strike(broker, ledger, ways[end], huge_mib)

    if "STOP_MATRIX" in os.environ:
        matrix.note("pod", broker.kind, end, outcome)
    assert (outcome.lost, outcome.repeated) == (0, 0)
    if end in {"TERM", "deploy"}:
        # A worker has more time to stop than its tasks need.
        assert outcome.again == 0

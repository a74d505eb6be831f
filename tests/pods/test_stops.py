"""Pods that end in the middle of their tasks lose none, and no effect is there twice: each end, on each broker.

`make stop-matrix` keeps the numbers for the chart's README. The hosts' half is the role celery_worker's `hard_stop`.
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
    """Two pods; what comes in their place is a pod of its own name."""

    def __init__(self, start: Callable[[int], RunningPod]) -> None:
        self._start = start
        self.pods = [start(0), start(1)]

    def term(self) -> None:
        """Delete a pod; the other goes on."""
        self.pods[0].delete()

    def kill(self) -> None:
        """SIGKILL to every process of a pod, as when a node dies; the kubelet starts the container again."""
        self.pods[0].send(signal.SIGKILL)

    def out_of_memory(self) -> None:
        """Wait until the kernel has ended the pod whose task is too large: all its processes, by its memory limit."""
        before = {pod.pod.name: pod.process for pod in self.pods}
        eventually(lambda: any(pod.process != before[pod.pod.name] for pod in self.pods), "a restart", seconds=90)

    def deploy(self) -> None:
        """A new pod is ready before an old one is told to stop, until all are new."""
        for old in (0, 1):
            new = self._start(old + 2)
            self.pods[old].delete()
            self.pods[old] = new


@pytest.fixture
def deployment(podman: Podman, image: str, broker: Broker) -> Iterator[Deployment]:
    """Ready before the test, and gone after it."""
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
        # Told to stop, a worker has longer than its tasks take.
        assert outcome.again == 0

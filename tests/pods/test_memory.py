"""The memory of a prefork worker in the image with eight idle children."""

from pathlib import Path

import pytest
from local_containers.podman import Podman

from tests.harness.ledger import Ledger

from ..stops.brokers import broker
from .kubelet import running_pod

pytestmark = [pytest.mark.pods, pytest.mark.timeout(600)]

CHILDREN = 8
MOST_MIB = 120


def tree(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def pss_mib(pid: int) -> float:
    """Proportional set size: shared memory is divided among processes, so that the sum is the memory used."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (kilobytes,) = (int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


def test_eight_idle_children_and_their_parent_are_small(
    podman: Podman, image: str, folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger
) -> None:
    mine = folder / "memory"
    mine.mkdir()
    with broker("redis", mine, aws_endpoint, plain_results, ledger) as redis:
        redis.environment.resolved["pools"]["io"] |= {"type": "prefork", "concurrency": CHILDREN}
        with running_pod(podman, image, redis.environment) as pod:
            processes = tree(pod.process)
            took = sum(pss_mib(process) for process in processes)

    assert len(processes) == 1 + CHILDREN
    assert took <= MOST_MIB, f"{took:.1f} MiB"

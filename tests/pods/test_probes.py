"""Probes, run like a kubelet: a broker outage restarts nothing, and a stuck loop is restarted within a minute."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_containers.podman import Podman

from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually

from ..stops.brokers import Broker, broker
from .kubelet import RunningPod, running_pod

pytestmark = [pytest.mark.pods, pytest.mark.timeout(600)]
RECORD = "from exercises.effects import record; record.delay({!r})"
PROBE_CPU_SECONDS = 0.020
PROBES = 20
# Runs in the image: the average CPU time of a probe's processes.
MEASURE = """
import resource, subprocess, sys
before = resource.getrusage(resource.RUSAGE_CHILDREN)
for _ in range({probes}):
    subprocess.run({command!r}, check=True, stdout=subprocess.DEVNULL)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
print((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / {probes})
"""


@pytest.fixture(scope="module")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, ledger: Ledger) -> Iterator[Broker]:
    mine = folder / "probes"
    mine.mkdir()
    with broker("rabbitmq", mine, aws_endpoint, plain_results, ledger) as running:
        yield running


@pytest.fixture(scope="module")
def pod(podman: Podman, image: str, rabbitmq: Broker) -> Iterator[RunningPod]:
    """A ready worker."""
    with running_pod(podman, image, rabbitmq.environment) as running:
        yield running


def records(rabbitmq: Broker, ledger: Ledger, entry: str) -> bool:
    """Check that an entry that is published now is made."""
    rabbitmq.environment.python(RECORD.format(entry))
    return bool(eventually(lambda: ledger.answered[entry], f"the entry {entry}"))


def test_a_probe_costs_at_most_20_ms_of_cpu(podman: Podman, pod: RunningPod) -> None:
    command = pod.pod.manifest["spec"]["containers"][0]["livenessProbe"]["exec"]["command"]
    measure = MEASURE.format(probes=PROBES, command=command)

    seconds = float(podman.run("exec", pod.pod.container, "python", "-c", measure))

    assert seconds <= PROBE_CPU_SECONDS, f"{seconds * 1000:.1f} ms"


def test_a_broker_that_is_away_restarts_nothing_and_work_goes_on_when_it_is_back(
    pod: RunningPod, rabbitmq: Broker, ledger: Ledger
) -> None:
    started = pod.started
    with rabbitmq.away():
        assert pod.watch_liveness(seconds=45) is None
        assert not pod.probe("readiness")
    pod.wait_until_ready()
    assert pod.started == started
    assert records(rabbitmq, ledger, "after")


def test_a_wedged_loop_is_restarted_within_a_minute_and_works_again(
    pod: RunningPod, rabbitmq: Broker, ledger: Ledger
) -> None:
    started = pod.started
    assert pod.probe("liveness")

    pod.send(signal.SIGSTOP)
    seconds = pod.watch_liveness(seconds=90)

    assert seconds is not None
    assert seconds <= 60
    assert pod.started != started
    assert records(rabbitmq, ledger, "unwedged")

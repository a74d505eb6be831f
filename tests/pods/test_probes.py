"""Probes as a kubelet runs them: a broker outage restarts nothing, a wedged loop is restarted within a minute."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from region.podman import Podman

from tests.harness.waiting import eventually

from ..stops.brokers import Broker, broker
from ..stops.gateway import Ledger
from .kubelet import RunningPod, running_pod

pytestmark = [pytest.mark.pods, pytest.mark.timeout(600)]
CHARGE = "from shop.tasks.payments import charge_customer; charge_customer.delay({!r}, 100, 'EUR')"
PROBE_CPU_SECONDS = 0.020
PROBES = 20
# Run by the image's own Python, beside its own `app`: what the probe's processes have used, each on the average.
MEASURE = """
import resource, subprocess, sys
before = resource.getrusage(resource.RUSAGE_CHILDREN)
for _ in range({probes}):
    subprocess.run({command!r}, check=True, stdout=subprocess.DEVNULL)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
print((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / {probes})
"""


@pytest.fixture(scope="module")
def rabbitmq(folder: Path, aws_endpoint: str, plain_results: str, gateway: Ledger) -> Iterator[Broker]:
    mine = folder / "probes"
    mine.mkdir()
    with broker("rabbitmq", mine, aws_endpoint, plain_results, gateway) as running:
        yield running


@pytest.fixture(scope="module")
def pod(podman: Podman, image: str, rabbitmq: Broker) -> Iterator[RunningPod]:
    """A worker that is ready."""
    with running_pod(podman, image, rabbitmq.environment) as running:
        yield running


def charges(rabbitmq: Broker, gateway: Ledger, order: str) -> bool:
    """Whether an order that is sent now is charged."""
    rabbitmq.environment.python(CHARGE.format(order))
    return bool(eventually(lambda: gateway.answered[order], f"the charge of {order}"))


def test_a_probe_costs_at_most_20_ms_of_cpu(podman: Podman, pod: RunningPod) -> None:
    command = pod.pod.manifest["spec"]["containers"][0]["livenessProbe"]["exec"]["command"]
    measure = MEASURE.format(probes=PROBES, command=command)

    seconds = float(podman.run("exec", pod.pod.container, "python", "-c", measure))

    assert seconds <= PROBE_CPU_SECONDS, f"{seconds * 1000:.1f} ms"


def test_a_broker_that_is_away_restarts_nothing_and_work_goes_on_when_it_is_back(
    pod: RunningPod, rabbitmq: Broker, gateway: Ledger
) -> None:
    started = pod.started
    with rabbitmq.away():
        assert pod.watch_liveness(seconds=45) is None
        assert not pod.probe("readiness")
    pod.wait_until_ready()
    assert pod.started == started
    assert charges(rabbitmq, gateway, "after")


def test_a_wedged_loop_is_restarted_within_a_minute_and_works_again(
    pod: RunningPod, rabbitmq: Broker, gateway: Ledger
) -> None:
    started = pod.started
    assert pod.probe("liveness")

    pod.send(signal.SIGSTOP)
    seconds = pod.watch_liveness(seconds=90)

    assert seconds is not None
    assert seconds <= 60
    assert pod.started != started
    assert charges(rabbitmq, gateway, "unwedged")

"""Probes as a kubelet runs them: a broker outage restarts nothing, a wedged loop is restarted within a minute."""

import signal
from pathlib import Path

import pytest
from region.podman import Podman

from ..app.harness import servers
from ..app.harness.environment import Servers, TestEnvironment, prepare
from ..app.harness.processes import free_port
from ..app.harness.waiting import eventually
from .conftest import with_pods
from .gateway import Ledger
from .kubelet import running_pod

pytestmark = [pytest.mark.pods, pytest.mark.timeout(600)]
CHARGE = "from app.tasks.payments import charge_customer; charge_customer.delay({!r}, 100, 'EUR')"


def test_a_broker_that_is_away_restarts_nothing_and_work_goes_on_when_it_is_back(
    podman: Podman, image: str, tmp_path: Path, aws_endpoint: str, plain_results: str, gateway: Ledger
) -> None:
    port = free_port()
    secrets = {"broker_password": servers.RABBITMQ_PASSWORD}
    made = Servers(aws_endpoint, f"amqp://127.0.0.1:{port}", plain_results, servers.Outside(None, 1, 1), secrets)
    environment = with_pods(prepare("rabbitmq", tmp_path, made, name="outage"), tmp_path, gateway)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with servers.rabbitmq(tmp_path / "first", port=port):
        pod_context = running_pod(podman, image, environment)
        pod = pod_context.__enter__()
    try:
        started = pod.started
        assert pod.watch_liveness(seconds=45) is None
        assert not pod.probe("readiness")
        assert pod.started == started

        with servers.rabbitmq(tmp_path / "second", port=port):
            eventually(lambda: pod.probe("readiness"), "readiness again", seconds=120)
            environment.python(CHARGE.format("after"))
            eventually(lambda: gateway.answered["after"], "the charge")
            assert pod.started == started
    finally:
        pod_context.__exit__(None, None, None)


def test_a_wedged_loop_is_restarted_within_a_minute_and_works_again(
    podman: Podman, image: str, tmp_path: Path, sqs: TestEnvironment, gateway: Ledger
) -> None:
    environment = with_pods(sqs, tmp_path, gateway)
    with running_pod(podman, image, environment) as pod:
        started = pod.started
        assert pod.probe("liveness")

        pod.signal(signal.SIGSTOP)
        seconds = pod.watch_liveness(seconds=90)

        assert seconds is not None
        assert seconds <= 60
        assert pod.started != started
        environment.python(CHARGE.format("unwedged"))
        eventually(lambda: gateway.answered["unwedged"], "the charge")

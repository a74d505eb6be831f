"""The units of a worker host: their processes, their sandbox, and how they stop."""

import json
import time
from typing import Any

import pytest

# Through podman directly, because each command through Ansible would take seconds.
testinfra_hosts = ["podman://molecule-worker-1", "podman://molecule-worker-2"]
WORKERS = ["io-1", "io-2"]


@pytest.mark.parametrize("unit", [f"celery-worker@{worker}" for worker in WORKERS])
def test_unit_runs_now_and_at_boot(host: Any, unit: str) -> None:
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_a_worker_that_no_longer_ticks_is_restarted(host: Any) -> None:
    show = "systemctl show --value -p MainPID celery-worker@io-2"
    before = host.check_output(show)
    host.run_expect([0], "touch /run/celery-io-2/stuck")
    deadline = time.monotonic() + 60
    while (now := host.check_output(show)) in {before, "0"} and time.monotonic() < deadline:
        time.sleep(1)
    assert now not in {before, "0"}


def test_a_worker_has_its_share_of_the_machine(host: Any) -> None:
    shown = host.check_output("systemctl show -p MemoryMax -p CPUQuotaPerSecUSec celery-worker@io-1")
    assert shown.splitlines() == ["CPUQuotaPerSecUSec=500ms", f"MemoryMax={256 * 1024 * 1024}"]


def test_it_is_told_how_long_its_stop_may_take(host: Any) -> None:
    shown = host.check_output("systemctl show --value -p Environment celery-worker@io-1").split()
    assert "CELERY_STOP_TIMEOUT=30" in shown
    assert host.check_output("systemctl show --value -p TimeoutStopUSec celery-worker@io-1") == "30s"


def test_a_worker_of_which_there_are_now_fewer_is_gone(host: Any) -> None:
    assert not host.service("celery-worker@io-3").is_enabled
    assert not host.service("celery-worker@io-3").is_running


def test_a_notice_drains_the_host(host: Any) -> None:
    host.run_expect([0], "touch /run/notice")
    deadline = time.monotonic() + 20
    workers = " ".join(f"celery-worker@{worker}" for worker in WORKERS)
    states = f"systemctl show --value -p ActiveState {workers}"
    while set(host.check_output(states).split()) != {"inactive"} and time.monotonic() < deadline:
        time.sleep(0.5)
    assert host.file("/var/lib/celery/celery-io-1-stopped").content_string == "finished the current task"
    assert host.check_output(states).split() == ["inactive", "inactive"]
    host.run_expect([0], "rm /run/notice /var/lib/celery/celery-io-1-stopped")
    host.run_expect([0], "systemctl start celery-notice celery-worker@io-1 celery-worker@io-2")


def test_beat_runs_on_one_host_and_is_removed_from_the_other(host: Any) -> None:
    beat = host.service("celery-beat")
    first = host.check_output("hostname") == "molecule-worker-1"
    assert beat.is_running == first
    assert host.file("/etc/systemd/system/celery-beat.service").exists == first


@pytest.mark.parametrize("worker", WORKERS)
def test_worker_is_started_for_its_pool_with_its_environment(host: Any, worker: str) -> None:
    started = json.loads(host.file(f"/run/celery-{worker}/started.json").content_string)
    assert started == {"arguments": ["worker", "--pool", "io"], "environment": "molecule", "region": "eu-west-1"}


def test_worker_has_a_user_without_rights(host: Any) -> None:
    pid = host.check_output("systemctl show --value -p MainPID celery-worker@io-1")
    status = dict(line.split(":\t", 1) for line in host.check_output(f"cat /proc/{pid}/status").splitlines())
    assert host.check_output(f"stat -c %U /proc/{pid}") == "celery"
    assert status["NoNewPrivs"].strip() == "1"
    assert int(status["CapBnd"], 16) == 0
    assert int(status["CapEff"], 16) == 0


def test_worker_sees_a_read_only_system_and_a_tmp_of_its_own(host: Any) -> None:
    pid = host.check_output("systemctl show --value -p MainPID celery-worker@io-1")
    mounts = {
        line.split()[1]: line.split()[3].split(",")
        for line in host.file(f"/proc/{pid}/mounts").content_string.splitlines()
    }
    assert "ro" in mounts["/"]
    assert "rw" in mounts["/tmp"]  # noqa: S108 -- the test is about this mount point
    assert "rw" in mounts["/var/lib/celery"]


def test_the_exporter_runs_now_and_at_boot_on_the_port_it_was_given(host: Any) -> None:
    assert host.service("celery-exporter").is_running
    assert host.service("celery-exporter").is_enabled
    started = json.loads(host.file("/run/celery-exporter/started.json").content_string)
    assert started["arguments"] == ["exporter", "--address", "127.0.0.1", "--port", "9530"]


@pytest.mark.parametrize("unit", ["celery-worker@io-1", "celery-notice", "celery-exporter", "celery-beat"])
def test_sandbox_scores_well(host: Any, unit: str) -> None:
    if unit == "celery-beat" and not host.service(unit).is_running:
        pytest.skip("beat runs on the other host")
    summary = host.run(f"systemd-analyze security --no-pager {unit}.service").stdout.splitlines()[-1]
    assert float(summary.rsplit(":", 1)[1].split()[0]) <= 3.0


def test_application_cannot_be_changed_by_its_user(host: Any) -> None:
    program = host.file("/opt/celery/venv/bin/app")
    assert program.user == "root"
    assert not program.mode & 0o022


def test_stop_lets_the_task_in_hand_finish(host: Any) -> None:
    host.run_expect([0], "rm -f /var/lib/celery/celery-io-2-stopped")
    host.run_expect([0], "systemctl stop celery-worker@io-2")
    assert host.file("/var/lib/celery/celery-io-2-stopped").content_string == "finished the current task"
    assert host.check_output("systemctl show --value -p Result celery-worker@io-2") == "success"
    host.run_expect([0], "systemctl start celery-worker@io-2")


def test_a_killed_worker_comes_back(host: Any) -> None:
    show = "systemctl show --value -p MainPID celery-worker@io-1"
    before = host.check_output(show)
    host.run_expect([0], "systemctl kill --signal=KILL celery-worker@io-1")
    deadline = time.monotonic() + 10
    while (now := host.check_output(show)) in {before, "0"} and time.monotonic() < deadline:
        time.sleep(0.2)
    assert now not in {before, "0"}
    assert host.service("celery-worker@io-1").is_running


@pytest.mark.parametrize(("worker", "port"), [("io-1", "9540"), ("io-2", "9541")])
def test_each_worker_has_a_metrics_port_of_its_own(host: Any, worker: str, port: str) -> None:
    pid = host.check_output(f"systemctl show --value -p MainPID celery-worker@{worker}")
    variables = host.file(f"/proc/{pid}/environ").content_string.split("\0")
    assert f"CELERY_METRICS_PORT={port}" in variables

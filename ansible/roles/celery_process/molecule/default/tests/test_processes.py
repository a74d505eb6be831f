"""The units of processes and of the relay: how they run, their sandbox, how they stop, and which are removed."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

# Through podman directly, because each command through Ansible would take seconds.
testinfra_hosts = ["podman://molecule-process-1"]
UNITS = ("celery-relay", "celery-process-web", "celery-process-tail")


def shown(host: Any, unit: str, name: str) -> str:
    return str(host.check_output(f"systemctl show --value -p {name} {unit}"))


def is_another(host: Any, unit: str, before: str, seconds: float) -> bool:
    """Whether systemd runs another process in place of this one within some seconds."""
    return within(seconds, lambda: shown(host, unit, "MainPID") not in {before, "0"})


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


@pytest.mark.parametrize("unit", UNITS)
def test_it_runs_now_and_at_boot(host: Any, unit: str) -> None:
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled


def test_each_argument_arrives_as_it_was_written(host: Any) -> None:
    started = json.loads(host.file("/run/celery-process-tail/started.json").content_string)

    assert started == {
        "arguments": ["process", "tail", 'a "b" \\c', "$HOME", "${HOME}", "100% %n"],
        "region": "eu-west-1",
    }


def test_a_process_answers_at_its_port(host: Any) -> None:
    assert host.socket("tcp://127.0.0.1:8000").is_listening


def test_the_relay_has_its_share_of_the_machine(host: Any) -> None:
    limits = host.check_output("systemctl show -p MemoryMax -p CPUQuotaPerSecUSec celery-relay")

    assert limits.splitlines() == ["CPUQuotaPerSecUSec=500ms", f"MemoryMax={256 * 1024 * 1024}"]


@pytest.mark.parametrize("unit", UNITS)
def test_sandbox_scores_well(host: Any, unit: str) -> None:
    summary = host.run(f"systemd-analyze security --no-pager {unit}.service").stdout.splitlines()[-1]

    assert float(summary.rsplit(":", 1)[1].split()[0]) <= 3.0


def test_it_has_a_user_without_rights(host: Any) -> None:
    pid = shown(host, "celery-process-web", "MainPID")
    status = dict(line.split(":\t", 1) for line in host.check_output(f"cat /proc/{pid}/status").splitlines())

    assert host.check_output(f"stat -c %U /proc/{pid}") == "celery"
    assert status["NoNewPrivs"].strip() == "1"
    assert int(status["CapBnd"], 16) == 0


@pytest.mark.parametrize("unit", UNITS)
def test_a_killed_one_comes_back(host: Any, unit: str) -> None:
    before = shown(host, unit, "MainPID")

    host.run_expect([0], f"systemctl kill --signal=KILL {unit}")

    assert is_another(host, unit, before, seconds=15)


def test_a_relay_that_no_longer_sends_heartbeats_is_restarted(host: Any) -> None:
    before = shown(host, "celery-relay", "MainPID")

    host.run_expect([0], "touch /run/celery-relay/stuck")

    assert is_another(host, "celery-relay", before, seconds=60)


@pytest.mark.parametrize(("unit", "seconds"), [("celery-relay", "20s"), ("celery-process-web", "30s")])
def test_a_stop_lets_it_end_what_it_has_begun(host: Any, unit: str, seconds: str) -> None:
    host.run_expect([0], f"rm -f /var/lib/celery/{unit}-stopped")
    assert within(10, lambda: host.file(f"/run/{unit}/started.json").exists)

    host.run_expect([0], f"systemctl stop {unit}")

    assert host.file(f"/var/lib/celery/{unit}-stopped").content_string == "ended what it had begun"
    assert shown(host, unit, "Result") == "success"
    assert shown(host, unit, "TimeoutStopUSec") == seconds
    host.run_expect([0], f"systemctl start {unit}")


def test_a_process_that_is_no_longer_wanted_is_gone(host: Any) -> None:
    assert not host.service("celery-process-gone").is_running
    assert host.run("systemctl is-enabled celery-process-gone").stdout.strip() == "not-found"

"""What a deploy says of a process that does not run, what a drain stops, and what a start and a restart run."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import testinfra

ANSIBLE = Path(__file__).parents[5]
HOST = testinfra.get_host("podman://molecule-process-1")
UNITS = ("celery-relay", "celery-process-web", "celery-process-tail")


def playbook(file: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            "ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(file),
            "-e", json.dumps({"celery_process_region": "eu-west-1"} | variables),
        ],
        env=os.environ | {"ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles")},
        text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Path]:
    """A playbook with the role and nothing else; what it started is removed."""
    file = tmp_path / "deploy.yml"
    play = [{"hosts": "worker", "gather_facts": False, "roles": ["celery_process"]}]
    file.write_text(json.dumps(play))
    yield file
    HOST.run("systemctl disable --now celery-process-ends.service celery-process-deaf.service")
    HOST.run("rm -f /etc/systemd/system/celery-process-ends.service /etc/systemd/system/celery-process-deaf.service")


@pytest.fixture
def started() -> Iterator[None]:
    """All units run before the test and after it."""
    HOST.run_expect([0], f"systemctl start {' '.join(UNITS)}")
    yield
    HOST.run_expect([0], f"systemctl start {' '.join(UNITS)}")


def tasks(folder: Path, entry: str) -> Path:
    """A playbook that includes these tasks of the role for the relay and a process that can only be watched."""
    file = folder / f"{entry}.yml"
    steps = [
        {
            "ansible.builtin.include_role": {"name": "celery_process", "tasks_from": entry},
            "vars": {"celery_process_name": name, "celery_process_has_heartbeat": heartbeat},
        }
        for name, heartbeat in (("relay", True), ("process-tail", False))
    ]
    file.write_text(json.dumps([{"hosts": "worker", "gather_facts": False, "tasks": steps}]))
    return file


def state(unit: str) -> str:
    """What systemd says of the unit, such as `deactivating`."""
    return str(HOST.check_output(f"systemctl show --value -p ActiveState {unit}"))


def processes() -> set[str]:
    """The process ids of both."""
    units = ("celery-relay", "celery-process-tail")
    return {str(HOST.check_output(f"systemctl show --value -p MainPID {unit}")) for unit in units}


def test_a_process_that_ends_at_once_fails_the_deploy(deploy: Path) -> None:
    done = playbook(deploy, celery_process_name="process-ends", celery_process_arguments=["process", "ends"])

    assert done.returncode != 0
    assert "Expected celery-process-ends to run on molecule-process-1" in " ".join(done.stdout.split()), done.stdout


def test_a_process_that_does_not_answer_fails_the_deploy(deploy: Path) -> None:
    done = playbook(
        deploy, celery_process_name="process-deaf", celery_process_arguments=["process", "deaf"],
        celery_process_port=8001, celery_process_ready_within_seconds=4,
    )  # fmt: skip

    assert done.returncode != 0
    assert "Timeout when waiting for 127.0.0.1:8001" in done.stdout, done.stdout


@pytest.mark.usefixtures("started")
def test_a_drain_of_the_host_stops_what_runs_on_it() -> None:
    done = playbook(ANSIBLE / "drain.yml")

    assert done.returncode == 0, done.stdout
    output = " ".join(done.stdout.split())
    assert "celery-process-tail.service, celery-process-web.service, celery-relay.service stopped" in output, output
    assert not any(HOST.service(unit).is_running for unit in UNITS)


@pytest.mark.usefixtures("started")
def test_a_drain_stops_a_process_that_systemd_starts_again_and_again(deploy: Path) -> None:
    assert playbook(deploy, celery_process_name="process-ends", celery_process_arguments=["process", "ends"]).returncode

    done = playbook(ANSIBLE / "drain.yml")

    assert done.returncode == 0, done.stdout
    assert state("celery-process-ends") in {"inactive", "failed"}


@pytest.mark.usefixtures("started")
def test_a_drain_waits_for_what_an_interrupted_one_stops() -> None:
    pid = HOST.check_output("systemctl show --value -p MainPID celery-process-web")
    # Frozen after SIGTERM, with which systemd sends SIGCONT.
    HOST.run_expect([0], f"systemctl stop --no-block celery-process-web; sleep 0.5; kill -STOP {pid}")
    HOST.run_expect([0], f"systemd-run --on-active=20 --timer-property=AccuracySec=100ms kill -CONT {pid}")
    assert state("celery-process-web") == "deactivating"

    done = playbook(ANSIBLE / "drain.yml")

    assert done.returncode == 0, done.stdout
    assert state("celery-process-web") == "inactive"


def test_what_a_drain_stopped_is_started_again_and_works(tmp_path: Path) -> None:
    HOST.run_expect([0], "systemctl stop celery-relay celery-process-tail")

    done = playbook(tasks(tmp_path, "start"))

    assert done.returncode == 0, done.stdout
    assert "0" not in processes()
    running = processes()
    again = playbook(tasks(tmp_path, "start"))
    assert "changed=0" in again.stdout, again.stdout
    assert processes() == running


def test_a_restart_runs_other_processes_which_work(tmp_path: Path) -> None:
    before = processes()

    done = playbook(tasks(tmp_path, "restart"))

    assert done.returncode == 0, done.stdout
    assert "0" not in processes()
    assert before.isdisjoint(processes())

"""The release hook runs once, on one host, from the new release; a failure leaves the hosts unchanged."""

import json
import os
import subprocess
from pathlib import Path

import testinfra

WORKERS_PLAYBOOK = Path(__file__).parents[6] / "workers.yml"
HOSTS = [testinfra.get_host(f"podman://molecule-worker-{number}") for number in (1, 2)]


def deploy(command: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `workers.yml` with this hook and a folder without a current release."""
    variables = {
        "celery_app_wheelhouse": f"{os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/wheelhouse",
        "celery_app_environment": {"name": "molecule"},
        "celery_app_folder": "/opt/another",
        "celery_app_hook": command,
        "celery_app_hook_region": "eu-west-1",
    }
    return subprocess.run(
        [
            "ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(WORKERS_PLAYBOOK),
            "--skip-tags", "build", "-e", json.dumps(variables), *words,
        ],
        text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600,
    )  # fmt: skip


def started() -> list[str]:
    return [host.check_output("systemctl show --value -p MainPID celery-worker@io-1") for host in HOSTS]


def test_it_ran_once_as_the_workers_user_with_their_environment() -> None:
    commands = [
        host.file("/var/lib/celery/hook").content_string.split() if host.file("/var/lib/celery/hook").exists else []
        for host in HOSTS
    ]
    (ran,) = [words for words in commands if words]
    assert len(ran) == 2, "the second converge must not run it again"
    assert ran[0] == "celery"
    assert ran[1].startswith("/etc/celery/resolved-")


def test_a_failing_one_moves_nothing_and_says_what_it_said() -> None:
    before = started()

    done = deploy(["sh", "-c", "echo no such table >&2; exit 3"])

    assert done.returncode != 0
    output = " ".join(done.stdout.split())
    assert "The release hook of" in output, done.stdout
    assert "found 3" in output
    assert "no such table" in output
    assert started() == before
    assert not any(host.file("/opt/another/venv").exists for host in HOSTS)


def test_check_mode_says_what_would_run_and_runs_nothing() -> None:
    done = deploy(["touch", "/var/lib/celery/ran"], "--check")

    assert "would run once: touch /var/lib/celery/ran" in done.stdout, done.stdout
    assert not any(host.file("/var/lib/celery/ran").exists for host in HOSTS)

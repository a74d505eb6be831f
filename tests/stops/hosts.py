"""Hosts of the Molecule scenarios of celery_worker, with systemd, the real application and the real playbooks."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.environment import ENVIRONMENTS, TestEnvironment
from tests.harness.waiting import eventually

ANSIBLE = Path(__file__).parents[2] / "ansible"
ACCOUNT = ANSIBLE / "roles" / "celery_worker" / "molecule" / "hosts" / "account.yml"
# A deploy builds the application of the environment `local`, which is the tests' own.
OF_THE_TESTS = {"ANSIBLE_ROLES_PATH": str(ANSIBLE / "roles"), "ENVIRONMENTS": str(ENVIRONMENTS)}
# The hosts share this machine's ports; each has ten.
FIRST_PORT = 19_540


@dataclass(frozen=True)
class Host:
    """A host of a scenario."""

    name: str

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command on the host; returns its output."""
        done = subprocess.run(["podman", "exec", self.name, *words], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def show(self, unit: str, field: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "-p", field, unit)

    def is_ready(self, worker: str) -> bool:
        """Whether a worker, such as `io-1`, is ready."""
        heartbeat = f"CELERY_HEARTBEAT_FILE=/run/celery-{worker}/heartbeat"
        output = self.run("env", heartbeat, "/opt/celery/venv/bin/app", "health", "readiness", check=False)
        return output.startswith("ready")

    def wait_until_ready(self, *workers: str) -> None:
        """Wait until these workers are ready."""
        for worker in workers:
            eventually(lambda worker=worker: self.is_ready(worker), f"readiness of {worker} on {self.name}")  # type: ignore[misc]


def playbook(file: Path, variables: Mapping[str, Any], limit: str = "all") -> subprocess.CompletedProcess[str]:
    """Run a playbook on the scenario's hosts."""
    command = [
        "ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(file),
        "--limit", f"{limit},localhost", "-e", json.dumps(variables),
    ]  # fmt: skip
    return subprocess.run(
        command, env=os.environ | OF_THE_TESTS, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=1200,
    )  # fmt: skip


def variables_of(environment: TestEnvironment) -> dict[str, Any]:
    """The variables that the inventory plugin sets in an environment."""
    return {
        "environment_resolved": environment.resolved,
        "repository": str(ANSIBLE.parent),
        "tags": {"Pool": "io"},
        "celery_worker_pools": ["io"],  # the environment does not know the scenario's hosts
        "celery_worker_imds": "http://127.0.0.1:9",  # no instance metadata here
    }


def deploy(
    environment: TestEnvironment, limit: str = "all", number: int = 0, **variables: Any
) -> subprocess.CompletedProcess[str]:
    """Run `workers.yml` with the environment as from the inventory plugin."""
    account = {name: value for name, value in environment.variables.items() if name.startswith("AWS_")}
    given = playbook(ACCOUNT, {"aws_variables": account}, limit)
    assert given.returncode == 0, given.stdout[-3000:]
    port = {"celery_worker_metrics_port": FIRST_PORT + 10 * number}
    return playbook(ANSIBLE / "workers.yml", variables_of(environment) | port | variables, limit)

"""What `site.yml` does about hosts that do not run in the account."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.roles import ANSIBLE

pytestmark = pytest.mark.server
WANTED = {"rabbitmq": ["rabbitmq-1"], "worker": ["cpu-1", "cpu-2"], "monitoring": ["monitoring-1"]}


def run(folder: Path, *missing: str, **variables: bool) -> subprocess.CompletedProcess[str]:
    """Run the first and the last playbook of `site.yml` in an environment without these hosts."""
    found: Any = {role: {name: {} for name in names if name not in missing} for role, names in WANTED.items()}
    inventory = {"all": {"children": {role: {"hosts": hosts} for role, hosts in found.items()}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
    resolved: Any = {f"{role}_hosts": {name: {} for name in names} for role, names in WANTED.items()}
    given = json.dumps({"environment_resolved": resolved | {"name": "prod"}, **variables})
    program = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, "-i", folder / "hosts.yml", "-e", given, "preflight.yml", "missing.yml"], cwd=ANSIBLE, text=True,
        env=os.environ | {"ANSIBLE_INVENTORY_ENABLED": "yaml"}, check=False, timeout=180, stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
    )  # fmt: skip


def test_a_stopped_worker_is_an_error_at_the_end_and_not_before(tmp_path: Path) -> None:
    done = run(tmp_path, "cpu-2")

    assert done.returncode != 0
    assert "Configured all hosts that run; expected cpu-2 to run, too." in done.stdout


@pytest.mark.parametrize(
    ("missing", "variables"),
    [(("rabbitmq-1",), {}), (("cpu-1", "cpu-2"), {}), (("cpu-2",), {"deploy_to_every_host": True})],
    ids=["a node", "every worker", "a worker of every host"],
)
def test_what_is_needed_is_an_error_at_the_beginning(
    tmp_path: Path, missing: tuple[str, ...], variables: dict[str, bool]
) -> None:
    done = run(tmp_path, *missing, **variables)

    assert done.returncode != 0
    assert f"found none of them: {', '.join(missing)}." in " ".join(done.stdout.split())


def test_nothing_is_said_if_all_run(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 0

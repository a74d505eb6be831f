"""Each role's Molecule scenarios, run as `molecule test` runs them."""

import os
import subprocess
from pathlib import Path

import pytest

ROLES = Path(__file__).parents[2] / "ansible" / "roles"
SCENARIOS = sorted(file.parent for file in ROLES.glob("*/molecule/*/molecule.yml"))


def test_there_are_scenarios_to_run() -> None:
    assert SCENARIOS


@pytest.mark.roles
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_the_scenario_passes(scenario: Path) -> None:
    run = subprocess.run(
        ["molecule", "test", "--scenario-name", scenario.name],
        cwd=scenario.parents[1], env=os.environ | {"ANSIBLE_FORCE_COLOR": "0", "NO_COLOR": "1"}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout[-6000:]

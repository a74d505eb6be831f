"""Each role's Molecule scenarios, run with `molecule test` on the machine image of the emulated region."""

import os
from pathlib import Path

import pytest

from tests.roles import molecule
from tests.roles.__main__ import main

SCENARIOS = molecule.scenarios()


@pytest.fixture(scope="module")
def machine_image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables for machine image and podman settings of a scenario. Builds the image if it is missing."""
    return molecule.prepare(SCENARIOS, tmp_path_factory.mktemp("podman") / "containers.conf")


def test_there_are_scenarios_to_run() -> None:
    assert SCENARIOS


def test_a_scenario_that_there_is_not_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["rabbitmq", "hard_dey"])

    output = capsys.readouterr().err
    assert "rabbitmq hard_day, " in output
    assert "found rabbitmq hard_dey" in output


@pytest.mark.roles
@pytest.mark.timeout(5400)  # the scenario hard_day of RabbitMQ takes an hour on shared cores
@pytest.mark.skipif(
    "MOLECULE" not in os.environ, reason="`make test-roles` runs Molecule; tests/path runs the same roles"
)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_the_scenario_passes(scenario: Path, machine_image: dict[str, str]) -> None:
    run = molecule.captured(scenario, machine_image)

    assert run.returncode == 0, run.stdout[-6000:]

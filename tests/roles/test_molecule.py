"""Each role's Molecule scenarios, run as `molecule test` runs them, on the machine image of the emulated region."""

import os
import subprocess
from pathlib import Path

import pytest
from local_containers.images import HOST, HOST_12, ensure_images
from local_containers.limits import write_containers_conf
from local_containers.podman import Podman
from local_containers.tools import ensure_tools

REPOSITORY = Path(__file__).parents[2]
ROLES = REPOSITORY / "ansible" / "roles"
SCENARIOS = sorted(file.parent for file in ROLES.glob("*/molecule/*/molecule.yml"))


@pytest.fixture(scope="module")
def machine_image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which a scenario finds the machine image and podman's settings; builds the image if need be."""
    settings = tmp_path_factory.mktemp("podman") / "containers.conf"
    ensure_tools()
    write_containers_conf(settings)
    ensure_images(Podman(settings), REPOSITORY / ".cache", [HOST, HOST_12])
    return {"HOST_IMAGE": HOST.tag, "HOST_12_IMAGE": HOST_12.tag, "CONTAINERS_CONF": str(settings)}


def test_there_are_scenarios_to_run() -> None:
    assert SCENARIOS


@pytest.mark.roles
@pytest.mark.timeout(5400)  # the hard day of RabbitMQ takes an hour on shared cores
@pytest.mark.skipif(
    "MOLECULE" not in os.environ, reason="`make test-roles` runs Molecule; tests/path runs the same roles"
)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_the_scenario_passes(scenario: Path, machine_image: dict[str, str]) -> None:
    run = subprocess.run(
        ["molecule", "test", "--scenario-name", scenario.name],
        cwd=scenario.parents[1], env=os.environ | machine_image | {"NO_COLOR": "1"}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout[-6000:]

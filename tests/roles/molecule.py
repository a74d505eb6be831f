"""Run Molecule with the machine image and podman settings of the emulated region.

Used by `make molecule` and by the tests that run all scenarios.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from local_containers.children import ended_with_parent
from local_containers.images import HOST, HOST_12, ensure_images
from local_containers.limits import write_containers_conf
from local_containers.podman import Podman
from local_containers.tools import ensure_tools

from tests.harness.removal import removed_at_the_end

REPOSITORY = Path(__file__).parents[2]
ROLES = REPOSITORY / "ansible" / "roles"
# A scenario refers to its image by one of these variables in molecule.yml.
IMAGES = {"HOST_IMAGE": HOST, "HOST_12_IMAGE": HOST_12}


def scenarios() -> list[Path]:
    """The folders of all scenarios, `ansible/roles/ROLE/molecule/SCENARIO`."""
    return sorted(file.parent for file in ROLES.glob("*/molecule/*/molecule.yml"))


def prepare(chosen: Iterable[Path], settings: Path) -> dict[str, str]:
    """Install podman, write its settings to the file `settings`, and build the images of the chosen scenarios.

    Returns: the variables with which a scenario finds them.

    Raises:
        ContainerError: not root, or podman or an image is not available.
    """
    ensure_tools()
    write_containers_conf(settings)
    texts = [(scenario / "molecule.yml").read_text() for scenario in chosen]
    images = {name: image for name, image in IMAGES.items() if any(f"${{{name}:-" in text for text in texts)}
    ensure_images(Podman(settings), REPOSITORY / ".cache", list(images.values()))
    return {name: image.tag for name, image in images.items()} | {"CONTAINERS_CONF": str(settings)}


def command(scenario: Path, verb: str = "test") -> list[str]:
    """The command line of Molecule, to be run in the role's folder.

    Example: `command(ROLES / "monitoring" / "molecule" / "default", "converge")`
    """
    return ["molecule", verb, "--scenario-name", scenario.name]


def captured(scenario: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `molecule test` and capture its output."""
    folder, environment = scenario.parents[1], os.environ | variables | {"NO_COLOR": "1"}
    with removed_at_the_end(command(scenario, "destroy"), cwd=folder, variables=environment):
        return subprocess.run(
            [*ended_with_parent(), *command(scenario)], cwd=folder, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def shown(scenario: Path, variables: dict[str, str], verb: str) -> int:
    """Run a command of Molecule on this terminal; returns its exit code."""
    return subprocess.run(
        command(scenario, verb), cwd=scenario.parents[1], env=os.environ | variables, check=False
    ).returncode

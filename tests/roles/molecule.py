"""Molecule as it is run here: on the emulated region's machine image, with its podman settings.

Used by `make molecule` and by the suite of every scenario.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from local_containers.images import HOST, HOST_12, ensure_images
from local_containers.limits import write_containers_conf
from local_containers.podman import Podman
from local_containers.tools import ensure_tools

REPOSITORY = Path(__file__).parents[2]
ROLES = REPOSITORY / "ansible" / "roles"
# A scenario names its image by one of these variables in molecule.yml.
IMAGES = {"HOST_IMAGE": HOST, "HOST_12_IMAGE": HOST_12}


def scenarios() -> list[Path]:
    """The folders of all scenarios, `ansible/roles/ROLE/molecule/SCENARIO`."""
    return sorted(file.parent for file in ROLES.glob("*/molecule/*/molecule.yml"))


def prepare(chosen: Iterable[Path], settings: Path) -> dict[str, str]:
    """Have podman, its settings in the file `settings`, and the images that the chosen scenarios start from.

    Returns: the variables by which a scenario finds them.

    Raises:
        ContainerError: not root, or podman or an image cannot be had.
    """
    ensure_tools()
    write_containers_conf(settings)
    texts = [(scenario / "molecule.yml").read_text() for scenario in chosen]
    images = {name: image for name, image in IMAGES.items() if any(f"${{{name}:-" in text for text in texts)}
    ensure_images(Podman(settings), REPOSITORY / ".cache", list(images.values()))
    return {name: image.tag for name, image in images.items()} | {"CONTAINERS_CONF": str(settings)}


def command(scenario: Path, verb: str = "test") -> list[str]:
    """What Molecule is called with, in the role's folder.

    Example: `command(ROLES / "monitoring" / "molecule" / "default", "converge")`
    """
    return ["molecule", verb, "--scenario-name", scenario.name]


def captured(scenario: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `molecule test` and keep what it printed."""
    return subprocess.run(
        command(scenario), cwd=scenario.parents[1], env=os.environ | variables | {"NO_COLOR": "1"}, text=True,
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def shown(scenario: Path, variables: dict[str, str], verb: str) -> int:
    """Run one of Molecule's commands on this terminal; the answer is its exit code."""
    return subprocess.run(
        command(scenario, verb), cwd=scenario.parents[1], env=os.environ | variables, check=False
    ).returncode

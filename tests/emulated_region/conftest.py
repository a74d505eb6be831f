"""A region for the tests, with other names, network and port than environments/local."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_containers.children import ended_with_parent

from tests.harness.removal import removed_at_the_end

REPOSITORY = Path(__file__).parents[2]
PYTHONPATH = (str(REPOSITORY / "app"), str(REPOSITORY))
sys.path[:0] = [folder for folder in PYTHONPATH if folder not in sys.path]

NAME = "trial"
# Processes for the environment's services: a server with a secret, and one more port.
SERVICES = """
processes:
  - name: web
    folder: tests/emulated_region/answering
    command: [python3, -m, answering, "8080"]
    secrets: {ANSWER: payment_gateway}
    ports: [8080]
  - {name: mail, user: nobody, command: [python3, -m, http.server, "2525"], ports: [2525]}
"""


@dataclass(frozen=True)
class Checkout:
    """The environments folder of the tests, and commands that use it."""

    environments: Path

    @property
    def folder(self) -> Path:
        return self.environments / NAME

    @property
    def state(self) -> Path:
        return REPOSITORY / ".state" / NAME

    def variables(self, **more: str) -> dict[str, str]:
        return os.environ | {
            "ENVIRONMENTS": str(self.environments), "ENV": NAME, "PYTHONPATH": ":".join(PYTHONPATH),
            "COLUMNS": "120", **more,
        }  # fmt: skip

    def command(self, *words: str) -> list[str]:
        """The command line of the region."""
        return [sys.executable, "-m", "emulated_region", *words]

    def stopped_at_the_end(self) -> AbstractContextManager[None]:
        """A block after which, and after a kill within which, the region is stopped."""
        return removed_at_the_end(self.command("stop"), cwd=REPOSITORY, variables=self.variables())

    def region(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m emulated_region` and return its output."""
        return subprocess.run(
            [*ended_with_parent(), *self.command(*words)], cwd=REPOSITORY, env=self.variables(**variables),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=300,
            check=False,
        )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def make_checkout() -> Callable[[Path], Checkout]:
    """Write an environment like local, but with other names and addresses, into a folder."""

    def make(folder: Path) -> Checkout:
        checkout = Checkout(folder)
        local = REPOSITORY / "environments" / "local"
        shutil.copytree(local / "aws", checkout.folder / "aws")
        (checkout.folder / "services.yml").write_text(SERVICES)
        resolved = (local / "resolved.json").read_text()
        resolved = resolved.replace("celery-local", f"celery-{NAME}").replace('"10.90.', '"10.93.')
        resolved = resolved.replace("//10.90.", "//10.93.").replace('"local"', f'"{NAME}"')
        (checkout.folder / "resolved.json").write_text(resolved)
        config = checkout.folder / "aws" / "config"
        config.write_text(config.read_text().replace(":4566", f":{free_port()}"))
        return checkout

    return make


@pytest.fixture(scope="session", autouse=True)
def _without_an_earlier_run(
    make_checkout: Callable[[Path], Checkout], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Remove what a run of these tests left that was killed together with everything that removes it."""
    if os.geteuid() == 0 and shutil.which("podman"):
        assert make_checkout(tmp_path_factory.mktemp("earlier") / "environments").region("stop").returncode == 0


@pytest.fixture
def checkout(make_checkout: Callable[[Path], Checkout], tmp_path: Path) -> Checkout:
    """An environment that a test may change."""
    return make_checkout(tmp_path / "environments")

"""The local environment, brought up once for each broker as a user does."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_containers.children import ended_with_parent

from tests.harness.removal import removed_at_the_end

REPOSITORY = Path(__file__).parents[2]
# `make test-path` sets this; `make test` tests two of the four brokers.
EVERYTHING = bool(os.environ.get("ALL_BROKERS"))
# SQS is last; the test after the last broker takes the environment down.
BROKERS = ("rabbitmq", "amazon_mq", "redis", "sqs") if EVERYTHING else ("rabbitmq", "sqs")

RELEASE = "[python, -c, 'import os, shop.celery; os.environ[\"BUCKET_MEDIA\"]']"

# Tests that take minutes and run on one broker only.
ON_RABBITMQ_ALONE = [
    pytest.mark.path,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not EVERYTHING, reason="takes minutes: `make test-path` runs it"),
    pytest.mark.parametrize("local", ["rabbitmq"], indirect=True),
]


@dataclass(frozen=True)
class LocalEnvironment:
    """A checkout whose local environment uses `broker`. `run` runs a command in it, as in a shell."""

    broker: str
    environments: Path

    @property
    def variables(self) -> dict[str, str]:
        """Of a shell in which this environment's files and this checkout's commands are found."""
        variables = os.environ | {"ENVIRONMENTS": str(self.environments), "ENV": "local", "COLUMNS": "160"}
        return variables | {"PATH": f"{REPOSITORY / '.venv' / 'bin'}:{variables['PATH']}"}

    def run(self, *words: str, folder: str = ".", timeout: int = 1500) -> subprocess.CompletedProcess[str]:
        """Run a command with this environment's files; its output is captured for the assertion's message."""
        return subprocess.run(
            [*ended_with_parent(), *words], cwd=REPOSITORY / folder, env=self.variables, timeout=timeout, text=True,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def tail(run: subprocess.CompletedProcess[str]) -> str:
    """The end of a command's output, for the message of a failed assertion."""
    return f"exit {run.returncode}\n{run.stdout[-6000:]}"


def workers_log(local: LocalEnvironment) -> str:
    """The state of each container and the last log lines of workers in pods, for the message about a lost task."""
    output = local.run("podman", "ps", "--all", "--format", "{{.Names}} {{.Status}}").stdout
    pods = [line.split()[0] for line in output.splitlines() if "-worker-" in line and "-infra" not in line]
    return "\n".join([output, *(local.run("podman", "logs", "--tail", "60", name).stdout for name in pods)])


@pytest.fixture(scope="session")
def environments_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of environments/ in which a test can switch the broker without changing the checkout."""
    copy = tmp_path_factory.mktemp("path") / "environments"
    shutil.copytree(REPOSITORY / "environments", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(environments_copy: Path) -> Iterator[None]:
    """Refuse to replace a running environment, and take down the environment of these tests, even after a failure."""
    if (REPOSITORY / ".state" / "local").exists():
        pytest.exit("the local environment is up: run `make down` before the whole-path tests", returncode=3)
    down = LocalEnvironment("any", environments_copy)
    with removed_at_the_end(["make", "down"], cwd=REPOSITORY, variables=down.variables):
        yield


@pytest.fixture(scope="module", params=BROKERS)
def local(request: pytest.FixtureRequest, environments_copy: Path) -> LocalEnvironment:
    """The environment after `make up` with this broker in its file."""
    file = environments_copy / "local" / "environment.yml"
    lines = file.read_text().splitlines()
    (line,) = (number for number, text in enumerate(lines) if text.startswith("  kind: "))
    lines[line] = f"  kind: {request.param}"
    if not any(text.startswith("  release: ") for text in lines):
        # Hosts and pods run this release command from the new release with its variables; otherwise `make up` fails.
        lines.insert(lines.index("application:") + 1, f"  release: {RELEASE}")
    file.write_text("\n".join(lines) + "\n")
    environment = LocalEnvironment(request.param, environments_copy)
    up = environment.run("make", "render", "up")
    assert up.returncode == 0, tail(up)
    return environment

"""Run `terraform/run.py` like a user, with separate environments, account and state folder for each test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment.load import names
from celery_platform.rendering import write
from local_containers.children import ended_with_parent

from tests.harness import servers
from tests.harness.environment import ENVIRONMENTS
from tests.terraform.deployment import Deployment, emulator, free_port, own_account, removed_variables, set_line

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "terraform"))


@dataclass(frozen=True)
class Runner:
    """A test's environments and state. `run` returns the finished process, with stdout and stderr combined."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The process environment without AWS credentials."""
        return {
            **removed_variables(),
            "AWS_EC2_METADATA_DISABLED": "true",  # on EC2, the role of the test's machine is not the person's
            "HOME": str(self.folder),
            "ENVIRONMENTS": str(self.folder / "environments"),
            "STATE_FOLDER": str(self.folder / "state"),
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*ended_with_parent(), sys.executable, "terraform/run.py", *arguments],
            cwd=ROOT,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def set_kind(self, environment: str, kind: str) -> None:
        """Switch the broker kind in environment.yml and render, as a user would."""
        set_line(self.folder / "environments" / environment / "environment.yml", "  kind: ", f"  kind: {kind}")
        with pytest.MonkeyPatch.context() as only_here:
            only_here.setenv("ENVIRONMENTS", str(self.folder / "environments"))
            write([environment])


Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform in an initialised copy of the configuration without a backend."""
    from runner.tools import terraform_variables

    variables = terraform_variables(tmp_path_factory.mktemp("terraform"), os.environ)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", f"-chdir={ROOT / 'terraform'}", *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    done = run("init", "-backend=false")
    assert done.returncode == 0, done.stderr
    return run


def copied(folder: Path, environments: Path = ENVIRONMENTS) -> Runner:
    """A runner on a rendered copy of environments: those of the tests by default."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(environments, folder / "environments", ignore=ignored)
    with pytest.MonkeyPatch.context() as only_here:
        only_here.setenv("ENVIRONMENTS", str(folder / "environments"))
        write(names())
    return Runner(folder)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return copied(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Runner:
    """A runner on a copy of this repository's environments."""
    return copied(tmp_path, ROOT / "environments")


APPLIED = pytest.StashKey[dict[tuple[str, str], Deployment]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what was applied and how long it took, for terraform/README.md."""
    for deployment in config.stash.get(APPLIED, {}).values():
        terminalreporter.write_line(f"{deployment.environment} on {deployment.kind}: " + "; ".join(deployment.summary))


@pytest.fixture(scope="session")
def apply(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Callable[[str, str], Deployment]]:
    """Apply an environment with a broker kind on a separate emulated account. Each pair is applied once."""
    deployments = pytestconfig.stash.setdefault(APPLIED, {})
    with ExitStack() as stack:

        def applied(environment: str, kind: str) -> Deployment:
            if (environment, kind) not in deployments:
                runner = copied(tmp_path_factory.mktemp(f"{environment}-{kind}"))
                file, port = runner.folder / "environments" / environment / "environment.yml", free_port()
                own_account(runner.folder / "environments", environment, port)
                if environment == "prod":
                    set_line(file, "destroy_lock: true", "destroy_lock: false")
                runner.set_kind(environment, kind)
                endpoint = stack.enter_context(emulator(runner.variables, runner.folder, port))
                deployment = deployments[environment, kind] = Deployment(environment, kind, runner, endpoint)
                for verb in (["plan"], ["apply", "--yes"]):
                    done = deployment.run(*verb)
                    assert done.returncode == 0, done.stdout
            return deployments[environment, kind]

        yield applied


# Production with the two most likely brokers, which have the most resources; the others in the smaller size of local.
@pytest.fixture(
    params=[("prod", "sqs"), ("prod", "rabbitmq"), ("local", "redis"), ("local", "amazon_mq")], ids="-".join
)
def deployment(request: pytest.FixtureRequest, apply: Callable[[str, str], Deployment]) -> Deployment:
    """An applied environment."""
    return apply(*request.param)


@pytest.fixture(scope="session")
def roles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The roles of production on SQS, which has every kind of workload."""
    from tests.terraform.planned_roles import planned_roles, production_on_sqs

    folder = tmp_path_factory.mktemp("roles")
    with servers.aws(folder) as endpoint:
        return planned_roles(production_on_sqs(), folder, endpoint)

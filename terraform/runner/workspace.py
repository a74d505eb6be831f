"""Terraform's working folder for one environment, and commands in it."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celery_platform.environment.load import environments_folder

from runner.account import Account
from runner.errors import RunError
from runner.state import State
from runner.tools import terraform, terraform_variables

CONFIGURATION = Path(__file__).parents[1]
# Twice Terraform's default, because the provider waits 25 s for each attribute of each SQS queue.
PARALLELISM = "-parallelism=20"
STATE_FOLDER = Path(os.environ.get("STATE_FOLDER") or CONFIGURATION.parent / ".state")


@dataclass(frozen=True)
class Workspace:
    """One environment's Terraform. `folder` has its plugins and its saved plan, and may be deleted."""

    name: str
    folder: Path
    account: Account

    @property
    def plan_file(self) -> Path:
        """The saved plan."""
        return self.folder / "plan"

    @property
    def plan_account_file(self) -> Path:
        """The file with the account of the saved plan."""
        return self.folder / "plan.account.json"

    def initialise(self, state: State) -> None:
        """Run `terraform init` for providers and backend. Prints nothing unless it fails."""
        done = subprocess.run(
            [terraform(), "init", "-no-color", "-reconfigure", *state.backend_arguments()],
            cwd=CONFIGURATION,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            raise RunError("terraform init to succeed", "the error above", "fix the cause and run it again")

    def run(self, *arguments: str) -> None:
        """Run Terraform with its output on the terminal."""
        code = subprocess.run(
            [terraform(), *arguments], cwd=CONFIGURATION, env=self._variables(), check=False
        ).returncode
        if code:
            raise RunError(f"terraform {arguments[0]} to succeed", "the error above", "fix the cause and run it again")

    def plan(self, *arguments: str) -> str:
        """Write a plan file, print the plan while it is made, and return its summary line."""
        summary = "No changes."
        self.plan_file.unlink(missing_ok=True)
        command = [terraform(), "plan", f"-out={self.plan_file}", *self.selection(), *arguments]
        with subprocess.Popen(
            [*command, *([] if sys.stdout.isatty() else ["-no-color"])],
            cwd=CONFIGURATION,
            env=self._variables(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            for line in process.stdout or ():
                if "Plan: " in line and " to add" in line:
                    summary = line.strip()
                    continue
                print(line, end="", flush=True)
        if process.returncode:
            raise RunError("terraform plan to succeed", "the error above", "fix the cause and run it again")
        self.plan_account_file.write_text(json.dumps(asdict(self.account)))
        return summary

    def write_json(self, file: Path | None) -> None:
        """Write the saved plan as JSON (`terraform show -json`), if a file is given."""
        if file is not None:
            file.write_text(self._ask("show", "-json", str(self.plan_file)))

    def planned(self) -> dict[str, Any]:
        """The saved plan, from `terraform show -json`."""
        plan: dict[str, Any] = json.loads(self._ask("show", "-json", str(self.plan_file)))
        return plan

    def state(self) -> dict[str, Any]:
        """The state, from `terraform show -json`."""
        state: dict[str, Any] = json.loads(self._ask("show", "-json"))
        return state

    def saved_plan(self) -> Path:
        """The saved plan file.

        Raises:
            RunError: there is none, or it was made for another account.
        """
        remedy = f"make one and review it: `make plan ENV={self.name}`"
        if not self.plan_file.exists() or not self.plan_account_file.exists():
            raise RunError(f"a saved plan of {self.name}", "none", remedy)
        planned = json.loads(self.plan_account_file.read_text())
        if planned != asdict(self.account):
            found = f"a plan for account {planned['number']} at {planned['endpoint'] or 'AWS'}"
            raise RunError(
                f"a plan for account {self.account.number} at {self.account.endpoint or 'AWS'}", found, remedy
            )
        return self.plan_file

    def apply(self, plan_file: Path) -> None:
        """Apply the plan. The plan file is removed even after an error, because it no longer matches the state then."""
        try:
            self.run("apply", PARALLELISM, *([] if sys.stdout.isatty() else ["-no-color"]), str(plan_file))
        finally:
            self.forget_plan()

    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs by name; empty before the first apply."""
        return {name: output["value"] for name, output in json.loads(self._ask("output", "-json")).items()}

    def drifted(self) -> bool:
        """Whether a plan, which is printed, has changes. Takes no lock, so that it can run during an apply."""
        colour = [] if sys.stdout.isatty() else ["-no-color"]
        command = [terraform(), "plan", "-detailed-exitcode", "-lock=false", *colour, *self.selection()]
        code = subprocess.run(command, cwd=CONFIGURATION, env=self._variables(), check=False).returncode
        if code not in (0, 2):
            raise RunError("terraform plan to succeed", "the error above", "fix the cause and run it again")
        return code == 2

    def forget_plan(self) -> None:
        """Remove the plan file. A plan is applied once at most, because the state has changed after that."""
        self.plan_file.unlink(missing_ok=True)
        self.plan_account_file.unlink(missing_ok=True)

    def selection(self) -> list[str]:
        """The arguments that select the environment."""
        return [f"-var=environment={self.name}", f"-var=environments_folder={environments_folder().resolve()}"]

    def _ask(self, *arguments: str) -> str:
        """Run Terraform and return what it printed."""
        done = subprocess.run(
            [terraform(), *arguments],
            cwd=CONFIGURATION,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RunError(
                f"terraform {arguments[0]} to succeed", done.stderr.strip(), "fix the cause and run it again"
            )
        return done.stdout

    def _variables(self) -> dict[str, str]:
        return terraform_variables(self.folder, os.environ)


@contextmanager
def workspace(name: str, account: Account, folder: Path | None = None) -> Iterator[Workspace]:
    """The environment's workspace, locked until the block ends.

    Raises:
        RunError: another run on this machine has the lock.
    """
    folder = folder or STATE_FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            found = "another run in progress"
            raise RunError(f"to be the only Terraform run of {name}", found, "wait for it or stop it") from None
        yield Workspace(name, folder, account)

"""A copy of this checkout in which a test may change anything; its commands run with the tools of this one's .venv."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.harness.servers import REPOSITORY

EXAMPLE = ("app/example", "tests/example")
PACKAGE = "app/greetings"
MODULE = '''"""An application as small as they come."""

from celery import Celery
from celery_platform import attach

celery = attach(Celery("greetings"))


@celery.task(name="greetings.greet")
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"
'''
APPLICATION = {
    "package": PACKAGE,
    "celery": "greetings:celery",
    "routes": [{"tasks": "greetings.*", "queue": "greetings"}],
}
QUEUES = {"greetings": {"pool": "io", "soft_time_limit_seconds": 20}}
# Sections of an environment file that are about the example's tasks.
ITS_OWN = ("services", "schedule")


class Indented(yaml.SafeDumper):
    """Lists within mappings are indented, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's own
        super().increase_indent(flow, indentless=False)


@dataclass(frozen=True)
class Checkout:
    """The copy, a git repository of its own."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """A process environment in which the copy's packages come before those that are installed."""
        roots = (".", "app", PACKAGE, "environments/local", "tests/harness/application")
        path = os.pathsep.join(str(self.folder / root) for root in roots)
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CELERY_", "PYTEST_"))}
        return inherited | {"PYTHONPATH": path, "PATH": tools}

    def ended(self, *command: str, seconds: float = 240, **variables: str) -> subprocess.CompletedProcess[str]:
        """How a command ended; `stdout` has both of its outputs."""
        return subprocess.run(
            command, cwd=self.folder, env=self.variables | variables, timeout=seconds, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, *command: str, seconds: float = 240, **variables: str) -> str:
        """What a command prints; it has to end well."""
        done = self.ended(*command, seconds=seconds, **variables)
        assert done.returncode == 0, f"`{' '.join(command)}` exited {done.returncode}:\n{done.stdout[-5000:]}"
        return done.stdout

    def files(self) -> list[str]:
        """What is in it, as git has it."""
        return self.run("git", "ls-files").splitlines()

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in one of its files; the text must be there once, so that no edit changes nothing."""
        file = self.folder / name
        assert file.read_text().count(old) == 1, f"{old!r} must stand once in {file}"
        file.write_text(file.read_text().replace(old, new))

    def insert(self, name: str, text: str, *, before: str = "", after: str = "") -> None:
        """Insert a text before or after one that is in a file once."""
        self.edit(name, before or after, text + before if before else after + text)

    def describe(self, environment: str, **sections: Any) -> None:
        """Give sections of an environment file another content."""
        file = self.folder / "environments" / environment / "environment.yml"
        text = file.read_text()
        changed = yaml.dump(yaml.safe_load(text) | sections, Dumper=Indented, sort_keys=False)
        file.write_text(f"{text.splitlines()[0]}\n{changed}")  # the first line names the schema


def without_example(folder: Path) -> Checkout:
    """Copy, delete, put the application in, and point each environment at it: all that a person does."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        source, target = REPOSITORY / name, folder / name
        if source.is_file() and not name.startswith(tuple(f"{room}/" for room in EXAMPLE)):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    home = folder / PACKAGE
    home.mkdir()
    (home / "greetings.py").write_text(MODULE)
    (home / "requirements.txt").write_text("celery\n")
    for file in (folder / "environments").glob("*/environment.yml"):
        text = file.read_text()
        changed = yaml.dump(pointed_at_it(yaml.safe_load(text)), Dumper=Indented, sort_keys=False)
        file.write_text(f"{text.splitlines()[0]}\n{changed}")  # the first line names the schema
    (folder / "environments" / "local" / "services.yml").unlink(missing_ok=True)  # what stood for the shop's services
    made = Checkout(folder)
    made.run("git", "init", "-q")
    made.run("git", "add", "-A")
    return made


def pointed_at_it(described: dict[str, Any]) -> dict[str, Any]:
    """An environment file's content with this application in place of the example's, its queues and its services."""
    pools = {name: pool for name, pool in described["pools"].items() if name == "io"}
    changed = {"application": APPLICATION, "queues": QUEUES, "pools": pools}
    return {name: value for name, value in (described | changed).items() if name not in ITS_OWN}

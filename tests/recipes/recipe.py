"""What a recipe is, and how CONTRIBUTING writes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.harness.checkout import Checkout
from tests.harness.servers import REPOSITORY

PAGE = REPOSITORY / ".github" / "CONTRIBUTING.md"
Do = Callable[[Checkout], object]


def nothing(_: Checkout) -> None:
    """A step that is left out as a whole."""


@dataclass(frozen=True)
class Step:
    """One step. Left out, `check` ends in an error that says `missing`, a regular expression.

    `instead` is done where the step is left out: by itself nothing, or the step without one of its parts. A step that
    no check can miss has a reason in `unnoticed` in place of both.
    """

    do: Do
    check: str = ""
    missing: str = ""
    instead: Do = nothing
    unnoticed: str = ""


@dataclass(frozen=True)
class Recipe:
    """The steps of a section of CONTRIBUTING, in its order, and variables with which its checks are quicker."""

    heading: str
    steps: tuple[Step, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """The section's text."""
        found = re.search(rf"^### {self.heading}\n(.+?)(?=^### |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        assert found, f"CONTRIBUTING has no section {self.heading}"
        return found[1]

    @property
    def written_steps(self) -> list[str]:
        """What the page numbers."""
        return re.findall(r"^\d+\. (.+?)(?=^\d+\. |\n\n|\Z)", self.section, re.MULTILINE | re.DOTALL)

    @property
    def checks(self) -> list[str]:
        """The commands that the page names; those with an ellipsis are a person's to complete."""
        checked = self.section.partition("\nChecked by ")[2]
        commands = re.findall(r"`((?:make|app|pytest) [^`]+)`", checked)
        return [command for command in commands if "..." not in command and command not in ON_SERVERS]


# Of checks that the page names: an hour of every broker, which `make test-brokers` alone has.
ON_SERVERS = ("make test-brokers",)


def words(command: str) -> list[str]:
    """A command of the page as it runs in the copy, whose tools are this checkout's."""
    program, *rest = command.split()
    if program == "make":
        return ["make", "--no-print-directory", "--old-file=setup", *rest]
    if program == "pytest":
        return ["python", "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *rest]
    return [program, *rest]

"""The commands that pages, messages and docstrings of the repository tell people to type."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# A fenced block of a page whose lines begin with a prompt, and code within a line.
BLOCK = re.compile(r"^[ ]*```console\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make|app|pytest) [^`\n]+)`")
ASSIGNED = re.compile(r"^[A-Z_]+=\S*$")
SOURCES = ("*.py", "*.tf", "*.yml", "*.j2", "*.tpl", "Makefile")


@dataclass(frozen=True)
class Command:
    """Words as a shell would read them; `where` is the file that names it."""

    where: str
    text: str

    @property
    def words(self) -> list[str]:
        """Without variables before the program and without what comes after a pipe, a semicolon or a comment."""
        try:
            words = shlex.split(self.text, comments=True)
        except ValueError:  # an apostrophe of prose
            words = self.text.split()
        words = words[: next((number for number, word in enumerate(words) if word in "|;&&>"), len(words))]
        while words and ASSIGNED.match(words[0]):
            words = words[1:]
        return words


def named() -> list[Command]:
    """Every command that begins with `make`, `app` or `pytest`."""
    return [command for command in _all() if command.words and command.words[0] in ("make", "app", "pytest")]


def _all() -> Iterator[Command]:
    listed = subprocess.run(
        ["git", "ls-files", "*.md", *SOURCES], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    for name in listed.split():
        text = (REPOSITORY / name).read_text()
        if name.endswith(".md"):
            blocks = "".join(BLOCK.findall(text))
            yield from (Command(name, line[2:]) for line in blocks.splitlines() if line.startswith("$ "))
        yield from (Command(name, " ".join(found.split())) for found in INLINE.findall(text))

"""What a person sees when an environment file cannot be used.

A message stays under 2 KB whatever the file holds, so that a terminal, a CI log and a chat show all of it: long values
are cut in the middle, long lists at their end, and of many problems the first are shown and the rest counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery_platform.errors import AppError

MESSAGE_BYTES = 2_048
FILE_BYTES = 400
PATH_BYTES = 160
FOUND_BYTES = 240
ALLOWED_BYTES = 600
PROBLEMS_SHOWN = 20
_ONE_OF = "one of: "


@dataclass(frozen=True)
class Problem:
    """One thing wrong in an environment file. `line` counts from 1; without it, nothing in the file can be pointed at.

    Example: `Problem("queues.email.pool", found="'oi'", allowed="one of: cpu, io", line=12)`
    """

    path: str
    found: str
    allowed: str
    line: int | None = None

    def __str__(self) -> str:
        """One line: where, what was found, what is allowed."""
        places = [f"line {self.line}" if self.line else "", shortened(self.path, PATH_BYTES)]
        where = ", ".join(place for place in places if place) or "(file)"
        found = shortened(self.found, FOUND_BYTES)
        return f"{where}: found {found}; allowed: {_shortened_choices(self.allowed)}"


class EnvironmentFileError(AppError):
    """An environment file is missing, unreadable or breaks a rule. The message names the file and its problems."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("an environment file that can be used", str(file), "correct the lines that are named")

    def __str__(self) -> str:
        """The file, and a line for each problem."""
        title = f"{shortened(str(self.file), FILE_BYTES)} cannot be used:"
        return "\n".join([title, *_that_fit(self.problems, MESSAGE_BYTES - _size(title))])

    def in_lines(self) -> str:
        """The same: each problem says in its line what was found and what is allowed."""
        return str(self)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """As it is made, so that it may cross from one process to another."""
        return type(self), (self.file, self.problems)


def shortened(text: str, limit: int) -> str:
    """The text, its middle left out where it has more than `limit` bytes of UTF-8.

    Example: `shortened("a" * 9_000, 40) == "aaaaaaa ... (9,000 characters) ... aaaaaaa"`
    """
    if _size(text) <= limit:
        return text
    note = f" ... ({len(text):,} characters) ... "
    half = max(0, limit - len(note)) // 2
    raw = _encoded(text)
    return raw[:half].decode(errors="ignore") + note + raw[len(raw) - half :].decode(errors="ignore")


def listed(names: Iterable[str], limit: int = ALLOWED_BYTES // 2) -> str:
    """The names with commas; where they are more than `limit` bytes, the first of them and how many there are besides.

    Example: `listed(["cpu", "io"]) == "cpu, io"`
    """
    shown: list[str] = []
    rest = list(names)
    room = limit
    while rest and _size(rest[0]) + 2 <= room:
        room -= _size(rest[0]) + 2
        shown.append(rest.pop(0))
    if rest and not shown:
        shown.append(shortened(rest.pop(0), limit))
    return ", ".join(shown) + (f" and {len(rest):,} more" if rest else "")


def _shortened_choices(allowed: str) -> str:
    if _size(allowed) <= ALLOWED_BYTES:
        return allowed
    before, found, choices = allowed.partition(_ONE_OF)
    if not found or len(before) > ALLOWED_BYTES // 2:
        return shortened(allowed, ALLOWED_BYTES)
    names, _, hint = choices.partition("; ")
    return shortened(before + _ONE_OF + listed(names.split(", ")) + (hint and f"; {hint}"), ALLOWED_BYTES)


def _that_fit(problems: list[Problem], room: int) -> list[str]:
    """A line for each problem while they fit, then how many there are besides."""
    lines: list[str] = []
    room -= len("\n  and 1,000,000 more problems")
    for problem in problems[:PROBLEMS_SHOWN]:
        line = f"  {problem}"
        room -= _size(line) + 1
        if room < 0 and lines:
            break
        lines.append(line)
    rest = len(problems) - len(lines)
    if rest:
        lines.append(f"  and {rest:,} more problem{'s' if rest > 1 else ''}")
    return lines


def _size(text: str) -> int:
    return len(_encoded(text))


def _encoded(text: str) -> bytes:
    # A folder's name may hold bytes that are not UTF-8; Python keeps them as lone surrogates.
    return text.encode(errors="backslashreplace")

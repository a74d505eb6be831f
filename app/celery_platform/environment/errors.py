"""The error a person sees when an environment file cannot be used.

A message stays under 2 KB whatever the file contains, so that a terminal, a CI log and a chat show all of it. Long
values are cut in the middle and long lists at the end. If there are many problems, the message shows the first ones
and counts the rest.
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
    """One problem in an environment file. `line` counts from 1 and is `None` if no line of the file is to blame.

    Example: `Problem("queues.email.pool", found="'oi'", allowed="one of: cpu, io", line=12)`
    """

    path: str
    found: str
    allowed: str
    line: int | None = None

    def __str__(self) -> str:
        """One line: the place, what was found, what is allowed."""
        places = [f"line {self.line}" if self.line else "", shortened(_in_one_line(self.path), PATH_BYTES)]
        where = ", ".join(place for place in places if place) or "(file)"
        found = shortened(_in_one_line(self.found), FOUND_BYTES)
        return f"{where}: found {found}; allowed: {_shortened_choices(_in_one_line(self.allowed))}"


class EnvironmentFileError(AppError):
    """An environment file is missing, unreadable or breaks a rule. The message names the file and its problems."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("a valid environment file", str(file), "correct the lines that the message names")

    def __str__(self) -> str:
        """The file's path, then one line per problem."""
        title = f"{shortened(str(self.file), FILE_BYTES)} cannot be used:"
        return "\n".join([title, *_that_fit(self.problems, MESSAGE_BYTES - _size(title))])

    def in_lines(self) -> str:
        """The same as `str()`: each problem's line already says what was found and what is allowed."""
        return str(self)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """Pickle the constructor's arguments, so that the error can pass from one process to another."""
        return type(self), (self.file, self.problems)


def _in_one_line(text: str) -> str:
    """The text with line breaks and other characters that a terminal acts on as escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def shortened(text: str, limit: int) -> str:
    """The text, with its middle left out if it has more than `limit` bytes of UTF-8.

    Example: `shortened("a" * 9_000, 40) == "aaaaaaa ... (9,000 characters) ... aaaaaaa"`
    """
    if _size(text) <= limit:
        return text
    note = f" ... ({len(text):,} characters) ... "
    half = max(0, limit - len(note)) // 2
    raw = _encoded(text)
    return raw[:half].decode(errors="ignore") + note + raw[len(raw) - half :].decode(errors="ignore")


def listed(names: Iterable[str], limit: int = ALLOWED_BYTES // 2) -> str:
    """The names, separated by commas. If that exceeds `limit` bytes: the first names and the number of the others.

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
    """One line per problem as long as they fit, then the number of the remaining problems."""
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

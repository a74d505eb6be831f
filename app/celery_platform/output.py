"""How commands print: tables for people, JSON for programs."""

import json
import math
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery_platform.errors import EXIT_UNUSABLE, AppError

if TYPE_CHECKING:
    from rich.console import Console

# Columns of a table that goes into a file or a pipe, where there is no terminal to ask.
PIPE_COLUMNS = 160
# Control characters, separators of lines, halves of surrogate pairs, and what Unicode has browsers leave out
# (Default_Ignorable_Code_Point: marks of direction, fillers, tags): a task's name may not look like another.
INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> "Console":
    """The console of this process; made at first use, because rich takes a while to load."""
    from rich.console import Console

    made = Console(highlight=False, stderr=stderr)
    return made if made.is_terminal else Console(highlight=False, stderr=stderr, width=PIPE_COLUMNS)


def say(text: str, style: str | None = None) -> None:
    """Print a line, however long; of what a terminal would not show, it has the escapes."""
    console().print(visible(text), style=style, markup=False, soft_wrap=True)


def print_error(error: AppError, title: str = "") -> int:
    """Print what a person can put right on standard error, below a title; returns the exit code of such an end.

    Example: `sys.exit(print_error(error))`
    """
    console(stderr=True).print(f"{title}\n{error.in_lines()}".strip(), style="red", markup=False, soft_wrap=True)
    return EXIT_UNUSABLE


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Sequence[str] = ()) -> None:
    """Print a table; long cells go on in the next line rather than being cut. `numbers` are aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("-" if cell is None else visible(str(cell))) for cell in row))
    console().print(table)


def visible(text: str) -> str:
    r"""A text with its invisible characters written out: none of them moves a terminal's cursor.

    Example: `visible("a\x00b") == "a\\x00b"`
    """
    return INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def show_json(value: Any) -> None:
    """Print JSON for a program to read."""
    print(json.dumps(value, indent=2, default=str))


def age(seconds: float | None) -> str:
    """A duration as a person says it.

    Example: `age(7_300) == "2h"`
    """
    if seconds is None:
        return "-"
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(0, int(seconds))}s"


def age_of(moment: float | None) -> str:
    """How long ago a moment (seconds since 1970) was."""
    return age(None if moment is None else time.time() - moment)


def moment(unix: float | None) -> str:
    """A Unix time in UTC, to the millisecond; a dash where it is unknown.

    Example: `moment(0.25) == "1970-01-01 00:00:00.250Z"`
    """
    if unix is None or not math.isfinite(unix):
        return "-"
    try:
        return datetime.fromtimestamp(unix, UTC).isoformat(" ", "milliseconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):  # a year that no calendar has
        return "-"


def seconds_of(seconds: float | None) -> str:
    """A duration as it was measured; empty where it is unknown.

    Example: `seconds_of(0.0124) == "0.012 s"`
    """
    return "" if seconds is None else f"{seconds:.3f} s"

"""How commands print: tables for people, JSON for programs."""

import json
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery_platform.errors import EXIT_UNUSABLE, AppError

if TYPE_CHECKING:
    from rich.console import Console

# Columns of a table that goes into a file or a pipe, where there is no terminal to ask.
PIPE_COLUMNS = 160


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> "Console":
    """The console of this process; made at first use, because rich takes a while to load."""
    from rich.console import Console

    made = Console(highlight=False, stderr=stderr)
    return made if made.is_terminal else Console(highlight=False, stderr=stderr, width=PIPE_COLUMNS)


def say(text: str, style: str | None = None) -> None:
    """Print a line as it is, however long."""
    console().print(text, style=style, markup=False, soft_wrap=True)


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
        table.add_row(*(Text("-" if cell is None else str(cell)) for cell in row))
    console().print(table)


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

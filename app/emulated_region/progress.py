"""Progress lines with the duration of each step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery_platform.output import PIPE_COLUMNS
from rich.console import Console

def _console() -> Console:
    made = Console(highlight=False, soft_wrap=True)
    return made if made.is_terminal else Console(highlight=False, soft_wrap=True, width=PIPE_COLUMNS)


console = _console()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show `what` while the block runs, then one line with its duration.

    Example: `with step("network"): ...`
    """
    began = time.monotonic()
    with console.status(f"{what} ..."):
        yield
    console.print(f"  {what} [dim]{time.monotonic() - began:.1f} s[/dim]")

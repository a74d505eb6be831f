"""Lines that tell a person what is being done and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show `what` while it is done, then one line with the seconds it took.

    Example: `with step("network"): ...`
    """
    began = time.monotonic()
    with console.status(f"{what} ..."):
        yield
    console.print(f"  {what} [dim]{time.monotonic() - began:.1f} s[/dim]")

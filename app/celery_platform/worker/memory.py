"""Keep the memory shared that the children of a prefork pool share with their parent."""

import gc
from contextlib import suppress
from typing import Any

from billiard.util import get_pdeathsig  # type: ignore[attr-defined]  # its stubs lack it
from celery import signals

from celery_platform.turbo.freeze import freeze_before_prefork


def share_memory() -> None:
    """Before the first fork, load what every child would load, and exclude all existing objects from collection."""
    gc.disable()  # a collection before the fork would leave gaps on pages, which children would fill and thereby copy
    # Each child sets its parent-death signal through billiard. If cffi is installed, that loads a C parser of 13 MiB.
    # Reading the signal here, which changes nothing, loads the parser once for all children.
    with suppress(OSError):
        get_pdeathsig()
    freeze_before_prefork()
    signals.worker_process_init.connect(_collect_again, weak=False)
    signals.worker_ready.connect(_collect_again, weak=False)


def _collect_again(**_: Any) -> None:
    gc.enable()

"""What the children of a prefork pool share with their parent stays shared."""

import gc
from contextlib import suppress
from typing import Any

from billiard.util import get_pdeathsig  # type: ignore[attr-defined]  # its stubs lack it
from celery import signals

from celery_platform.turbo.freeze import freeze_before_prefork


def share_memory() -> None:
    """Before the first fork, load what every child would load and move all there is out of the collector's sight."""
    gc.disable()  # a collection between now and the fork would leave holes that children fill, and so copy
    # Each child asks the kernel to die with its parent, in C that billiard has cffi parse where an application has it:
    # a parser of 13 MiB, which this question, that only reads, loads once for all.
    with suppress(OSError):
        get_pdeathsig()
    freeze_before_prefork()
    signals.worker_process_init.connect(_collect_again, weak=False)
    signals.worker_ready.connect(_collect_again, weak=False)


def _collect_again(**_: Any) -> None:
    gc.enable()

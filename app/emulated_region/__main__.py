"""`python -m emulated_region up|start|hosts|pods|forward|stop|status [--environment NAME]`: run by a person or the Makefile.

This module only turns every end into a message and an exit code. It imports the commands late, so that an interruption
during their import shows no traceback.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from celery_platform.errors import EXIT_DEFECT, EXIT_INTERRUPTED, AppError
from celery_platform.output import print_error

STOPS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = "Interrupted. Run the same command again to continue, or `python -m emulated_region stop` to remove everything."


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _imported() -> Callable[[list[str]], int]:
    """Import the commands; an interruption meanwhile is raised afterwards.

    Some libraries, such as pydantic, are called back by compiled code, which prints and drops what is raised in it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        from emulated_region.commands import run
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    return run


def main() -> int:
    """Run a command. `REGION_TRACEBACK=1` shows the traceback of a defect."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _imported()(sys.argv[1:])
    except AppError as error:
        return print_error(error, "The emulated region cannot continue.")
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get("REGION_TRACEBACK"):
            raise
        print(f"A defect in the emulated region: {type(error).__name__}: {error}", file=sys.stderr)
        print("do:       run it again with REGION_TRACEBACK=1 and report its output", file=sys.stderr)
        return EXIT_DEFECT


if __name__ == "__main__":
    sys.exit(main())

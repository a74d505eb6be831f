"""`python -m emulated_region up|start|hosts|pods|stop|status [--environment NAME]`: what a person or the Makefile runs.

Here stands only what turns every ending into a message and an exit code. The commands are imported inside that, because
an interruption while they load must not show a traceback either.
"""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from celery_platform.errors import EXIT_DEFECT, EXIT_INTERRUPTED, AppError
from celery_platform.output import print_error

INTERRUPTED = "Interrupted. Run the same command again to go on, or `python -m emulated_region stop` to remove all of it."


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """Run a command. `REGION_TRACEBACK=1` shows where a defect of ours is."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from emulated_region.commands import run

        return run(sys.argv[1:])
    except AppError as error:
        return print_error(error, "The emulated region cannot go on.")
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get("REGION_TRACEBACK"):
            raise
        print(f"A defect of the emulated region: {type(error).__name__}: {error}", file=sys.stderr)
        print("do:       run it again with REGION_TRACEBACK=1 and report what it prints", file=sys.stderr)
        return EXIT_DEFECT


if __name__ == "__main__":
    sys.exit(main())

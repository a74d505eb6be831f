"""`python -m region start|hosts|stop|status [--environment NAME]`: what a person or the Makefile runs."""

import argparse
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from rich.console import Console

from region import plan
from region.errors import RegionError
from region.hosts import ensure_hosts
from region.start import start
from region.status import show
from region.stop import stop

VERBS = {
    "start": "start the AWS emulator, Valkey and the outside world",
    "hosts": "make each running EC2 instance a systemd container",
    "stop": "remove everything the region made; caches stay",
    "status": "show what runs; exit code 1 unless everything answers",
}


def run(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code.

    Raises:
        RegionError: it cannot be done, for a reason a person can act on.
    """
    parser = argparse.ArgumentParser(prog="python -m region", description=__doc__)
    parser.add_argument(
        "--environment", "-e", default=os.environ.get("ENV") or "local", metavar="NAME", help="the folder under environments/"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, meaning in VERBS.items():
        verbs.add_parser(verb, help=meaning)
    chosen = parser.parse_args(arguments)
    region = plan.read(chosen.environment)
    if chosen.verb == "status":
        return 0 if show(region) else 1
    {"start": start, "hosts": ensure_hosts, "stop": stop}[chosen.verb](region)
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """Run a command; every failure becomes a message and an exit code. `REGION_TRACEBACK=1` shows where a defect is."""
    errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(sys.argv[1:])
    except RegionError as error:
        errors.print(f"The emulated region cannot go on.\n{error}")
        return 1
    except KeyboardInterrupt:
        errors.print("Interrupted. Run the same command again to go on, or `python -m region stop` to remove what was made.")
        return 130
    except Exception as error:
        if os.environ.get("REGION_TRACEBACK"):
            raise
        errors.print(f"A defect of the emulated region: {type(error).__name__}: {error}")
        errors.print("do:       run it again with REGION_TRACEBACK=1 and report what it prints")
        return 3


if __name__ == "__main__":
    sys.exit(main())

"""`app health`: says whether the worker of this host or pod is healthy, from its heartbeat file alone."""

import os
import sys

from celery_platform.errors import EXIT_UNUSABLE, SettingsError
from celery_platform.worker.heartbeat_file import PROBES, VARIABLE, judge

EXIT_UNHEALTHY = 1


def asked(arguments: list[str]) -> str | None:
    """Return the probe that these arguments of `app` ask for, by default `liveness`; `None` for any other command.

    This runs before the command line is loaded, because loading costs ten times what the answer does.

    Example: `asked(["health", "readiness"]) == "readiness"`
    """
    if arguments == ["health"]:
        return PROBES[0]
    if len(arguments) == 2 and arguments[0] == "health" and arguments[1] in PROBES:
        return arguments[1]
    return None


def answer(probe: str) -> int:
    """Print the answer; returns the exit code."""
    path = os.environ.get(VARIABLE)
    if not path:
        error = SettingsError(f"the variable {VARIABLE}", "none", "Set it to the worker's heartbeat file.")
        sys.stderr.write(error.in_lines() + "\n")
        return EXIT_UNUSABLE
    well, why = judge(probe, path)
    sys.stdout.write(why + "\n")
    return 0 if well else EXIT_UNHEALTHY

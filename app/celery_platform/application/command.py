"""Running a command as a process of the application: its variables, its secrets, its code on the path."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from celery_platform.application.loading import add_checkout
from celery_platform.application.variables import set_variables
from celery_platform.errors import ApplicationError
from celery_platform.settings import runtime


def run_command(command: Sequence[str], pool: str | None = None) -> int:
    """Run the command to its end; returns its exit code. SIGTERM and SIGINT are passed on.

    Not replaced by the command (exec): secrets that were written to files go when it ends.

    Raises:
        ApplicationError: there is no such program.
        SettingsError: a secret cannot be read.

    Example: `run_command(["python", "-m", "django", "migrate"])`
    """
    environment = runtime().environment
    set_variables(runtime(), pool)
    folder = add_checkout(environment.application)
    path = [str(folder) if folder else "", os.environ.get("PYTHONPATH", "")]
    # `python` is the one this runs on, which has the application's requirements.
    programs = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ.get('PATH', '')}"  # noqa: PTH120
    variables = os.environ | {"PATH": programs, "PYTHONPATH": os.pathsep.join(entry for entry in path if entry)}
    try:
        process = subprocess.Popen(list(command), env=variables)
    except OSError as error:
        raise ApplicationError(
            expected=f"a program {command[0]!r}", found=str(error), remedy="Name one that the PATH has."
        ) from None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    return process.wait()

"""Running a command as a process of the application: its variables, its secrets, its code on the path."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from celery_platform.application.loading import add_checkout
from celery_platform.application.secret_files import ENDS, locks
from celery_platform.application.variables import set_variables
from celery_platform.errors import ApplicationError
from celery_platform.settings import runtime

TURN_SECONDS = 60


def run_command(command: Sequence[str], pool: str | None = None) -> int:
    """Run the command to its end; returns its exit code. SIGTERM, SIGINT and SIGHUP are passed on.

    Not replaced by the command (exec): secrets that were written to files go when it ends.

    Raises:
        ApplicationError: there is no such program, or no such script.
        SettingsError: a secret cannot be read.

    Example: `run_command(["python", "-m", "django", "migrate"])`
    """
    passed_on = _PassedOn()
    passed_on.begin()
    environment = runtime().environment
    set_variables(runtime(), pool)
    folder = add_checkout(environment.application)
    path = [str(folder) if folder else "", os.environ.get("PYTHONPATH", "")]
    # `python` is the one this runs on, which has the application's requirements.
    programs = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ.get('PATH', '')}"  # noqa: PTH120
    variables = os.environ | {"PATH": programs, "PYTHONPATH": os.pathsep.join(entry for entry in path if entry)}
    words = with_script(command, folder or Path(sysconfig.get_path("purelib")))
    return _wait(passed_on.start(words, variables))


def with_script(command: Sequence[str], home: Path) -> list[str]:
    """The command, with the path of a script of the application that it names by its name alone.

    Hosts and pods start it in no folder of the application's, and a person wherever they are. `home` is where the
    application's files are: its folder in a checkout, else where its wheel was unpacked.

    Raises:
        ApplicationError: there is no such script.

    Example: `with_script(["python", "manage.py", "migrate"], Path("app/mysite"))[1] == "app/mysite/manage.py"`
    """
    words = list(command)
    if len(words) < 2 or not Path(words[0]).name.startswith("python") or not words[1].endswith(".py"):
        return words
    if not Path(words[1]).exists():
        if not (home / words[1]).exists():
            raise ApplicationError(
                expected=f"the script {words[1]} in {Path.cwd()} or among the application's files in {home}",
                found="neither",
                remedy="What its pyproject.toml does not pack is not on hosts and in pods: pack it, or run a module, "
                "as `python -m django migrate` instead of `python manage.py migrate`.",
            )
        words[1] = str(home / words[1])
    return words


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end, and let handlers run meanwhile.

    `wait()` without a timeout is one system call. Python runs a handler only after it, so a signal that comes just
    before the call would be passed on when the process has ended. With a timeout it asks every 50 ms.
    """
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=TURN_SECONDS)


class _PassedOn:
    """The signals that end a process: before there is a command they end this one, then they are the command's."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = False
        self._waiting: list[int] = []

    def begin(self) -> None:
        """Take the signals over, but for one that is ignored (`nohup`): the command ignores it too."""
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._came)

    def start(self, command: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        self._starts = True
        try:
            # With the locks the command keeps its files, even if this process is killed and another one starts.
            self._process = subprocess.Popen(list(command), env=variables, pass_fds=locks())
        except OSError as error:
            raise ApplicationError(
                expected=f"a program {command[0]!r}", found=str(error), remedy="Name one that the PATH has."
            ) from None
        for number in self._waiting:
            self._process.send_signal(number)
        return self._process

    def _came(self, number: int, _frame: FrameType | None) -> None:
        if self._process is not None:
            self._process.send_signal(number)
        elif self._starts:
            # The command may be there already, and this process does not know it yet.
            self._waiting.append(number)
        else:
            raise SystemExit(128 + number)

"""Run a command as a process of the application, with its variables and secrets, and with its code on the path."""

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


def run_process(name: str) -> int:
    """Run the command of one of the environment's `processes`; otherwise as `run_command`.

    Raises:
        SettingsError: the environment has no such process.

    Example: `run_process("web")`
    """
    return run_command(runtime().environment.process(name).command, name)


def run_command(command: Sequence[str], part: str | None = None) -> int:
    """Run the command and return its exit code. SIGTERM, SIGINT and SIGHUP are forwarded to it.

    `part` is the pool or process whose own variables and secrets it gets, too. This process does not exec the command,
    because it has to remove files with secrets afterwards.

    Raises:
        ApplicationError: there is no such program, or no such script.
        SettingsError: a secret cannot be read.

    Example: `run_command(["python", "-m", "django", "migrate"])`
    """
    forwarder = _SignalForwarder()
    forwarder.begin()
    environment = runtime().environment
    set_variables(runtime(), part)
    folder = add_checkout(environment.application)
    path = [str(folder) if folder else "", os.environ.get("PYTHONPATH", "")]
    # Make `python` the interpreter of this process, which has the application's requirements.
    programs = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ.get('PATH', '')}"  # noqa: PTH120
    variables = os.environ | {"PATH": programs, "PYTHONPATH": os.pathsep.join(entry for entry in path if entry)}
    words = with_script(command, folder or Path(sysconfig.get_path("purelib")))
    return _wait(forwarder.start(words, variables))


def with_script(command: Sequence[str], home: Path) -> list[str]:
    """The command, with the full path of the application's script if it gives only the name.

    The command may be started in any folder. `home` is the folder of the application's files: its folder in a checkout,
    or the folder into which its wheel was installed.

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
                remedy="Files that its pyproject.toml does not pack are missing on hosts and in pods. Pack the script, "
                "or run a module: `python -m django migrate` instead of `python manage.py migrate`.",
            )
        words[1] = str(home / words[1])
    return words


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the process to end, and let signal handlers run in the meantime.

    `wait()` without a timeout is one system call, and Python runs a handler only after it. A signal that arrives just
    before the call would only be forwarded after the process has ended. With a timeout, `wait()` polls every 50 ms.
    """
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=TURN_SECONDS)


class _SignalForwarder:
    """Forwards termination signals to the command. Before the command is started, they end this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = False
        self._waiting: list[int] = []

    def begin(self) -> None:
        """Handle the signals, except those that are ignored (`nohup`), which the command ignores too."""
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._received)

    def start(self, command: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        self._starts = True
        try:
            # The command inherits the locks, so that its files stay even if this process is killed and another one
            # starts.
            self._process = subprocess.Popen(list(command), env=variables, pass_fds=locks())
        except OSError as error:
            raise ApplicationError(
                expected=f"a program {command[0]!r}", found=str(error), remedy="Name a program on the PATH."
            ) from None
        for number in self._waiting:
            self._process.send_signal(number)
        return self._process

    def _received(self, number: int, _frame: FrameType | None) -> None:
        if self._process is not None:
            self._process.send_signal(number)
        elif self._starts:
            # The command may already be running although Popen has not returned yet.
            self._waiting.append(number)
        else:
            raise SystemExit(128 + number)

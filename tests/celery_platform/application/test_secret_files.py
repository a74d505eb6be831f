"""A file with a secret is removed when its process ends, however it ends."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from celery_platform.application.secret_files import MEMORY, PREFIX
from local_containers.children import ended_with_parent

from tests.harness.environment import TestEnvironment
from tests.harness.ledger import SECRET
from tests.harness.waiting import eventually

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Each sleeps for short times: a signal that comes just before one long sleep would be handled only after it.
# Prints the path of its secret, and runs until it gets a signal, which it prints too.
COMMAND = """
import os, signal, sys, time
def came(number, _frame):
    os.write(1, b"got %d\\n" % number)  # print() may be what the signal interrupts
    sys.exit(3)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, came)
print(os.environ["TLS_KEY"], flush=True)
while True:
    time.sleep(0.1)
"""
RUN_COMMAND = (sys.executable, "-m", "celery_platform", "run", "--", "python", "-c", COMMAND)
# A process of the application without signal handlers: a script, or beat before Celery has installed its handlers.
NO_HANDLERS = """
import os, time
from celery_platform.application.variables import set_variables
from celery_platform.settings import runtime
set_variables(runtime())
print(os.environ["TLS_KEY"], flush=True)
while True:
    time.sleep(0.1)
"""
# `app run` between writing the file and starting the command: a short time, extended for the test.
BEFORE_THE_COMMAND = """
import os, time
from celery_platform.application import command
def wait(_application):
    print(os.environ["TLS_KEY"], flush=True)
    while True:
        time.sleep(0.1)
command.add_checkout = wait
command.run_command(["sleep", "60"])
"""
# The signal arrives when the command is running but `app run` does not know its process yet.
AS_IT_STARTS = """
import os, signal, subprocess
from celery_platform.application import command
start = subprocess.Popen
def started(*arguments, **options):
    process = start(*arguments, **options)
    os.kill(os.getpid(), signal.SIGTERM)
    return process
subprocess.Popen = started
print(command.run_command(["sleep", "60"]))
"""
FORKED = """
import os, time
from pathlib import Path
from celery_platform.application.variables import set_variables
from celery_platform.settings import runtime
set_variables(runtime())
if os.fork() == 0:
    raise SystemExit
os.wait()
print(Path(os.environ["TLS_KEY"]).read_text())
"""


@pytest.fixture
def environment(sqs: TestEnvironment, tmp_path: Path) -> TestEnvironment:
    """An environment whose application has a secret as a file."""
    variant = sqs.variant(tmp_path)
    variant.resolved["application"]["secrets"] = {"TLS_KEY": {"secret": "ledger", "as": "file"}}
    Path(variant.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(variant.resolved))
    return variant


@contextmanager
def started(
    environment: TestEnvironment, *command: str, **variables: str
) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """The process and the path of its secret. It has its own session, which is killed at the end."""
    process = subprocess.Popen(
        [*ended_with_parent(), *command], env=environment.variables | variables, stdout=subprocess.PIPE, text=True,
        start_new_session=True)  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def another_start(environment: TestEnvironment) -> None:
    assert environment.app("run", "--", "true").returncode == 0


def test_it_is_in_memory_and_only_this_user_may_read_it(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (_, file):
        assert file.read_text() == SECRET
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.parent.parent == MEMORY


def test_it_is_in_the_runtime_directory_which_systemd_removes(environment: TestEnvironment, tmp_path: Path) -> None:
    places = f"{tmp_path}:{tmp_path / 'second'}"

    with started(environment, *RUN_COMMAND, RUNTIME_DIRECTORY=places) as (_, file):
        assert file.parent.parent == tmp_path


@pytest.mark.parametrize("number", ENDS)
def test_app_run_forwards_signals_and_then_removes_the_file(
    environment: TestEnvironment, number: signal.Signals
) -> None:
    with started(environment, *RUN_COMMAND) as (process, file):
        assert file.exists()
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)

    assert said == f"got {int(number)}\n"
    assert process.returncode == 3
    assert not file.parent.exists()


def test_an_ignored_hangup_stays_ignored(environment: TestEnvironment) -> None:
    with started(environment, "nohup", *RUN_COMMAND) as (process, file):
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)

    assert said == f"got {int(signal.SIGTERM)}\n"
    assert not file.parent.exists()


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_before_the_command_starts_ends_app_run(environment: TestEnvironment, number: signal.Signals) -> None:
    with started(environment, sys.executable, "-c", BEFORE_THE_COMMAND) as (process, file):
        assert file.exists()
        process.send_signal(number)

        assert process.wait(timeout=30) == 128 + number
        assert not file.parent.exists()


def test_a_signal_while_the_command_starts_reaches_it(environment: TestEnvironment) -> None:
    assert environment.python(AS_IT_STARTS, timeout=30) == str(-signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_without_handlers_is_still_killed(environment: TestEnvironment, number: signal.Signals) -> None:
    with started(environment, sys.executable, "-c", NO_HANDLERS) as (process, file):
        assert file.exists()
        process.send_signal(number)

        assert process.wait(timeout=30) == -number
        assert not file.parent.exists()


def test_the_next_start_removes_files_of_a_killed_process(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (process, file):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        assert file.exists(), "nobody could remove it"

    another_start(environment)

    assert not file.parent.exists()


def test_a_start_without_secrets_removes_them_too(environment: TestEnvironment, sqs: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (_, file):
        pass

    another_start(sqs)

    assert not file.parent.exists()


def test_a_start_keeps_the_files_of_a_running_process(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (_, file):
        another_start(environment)

        assert file.read_text() == SECRET


def test_a_command_that_outlives_app_run_keeps_its_file(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (process, file):
        process.kill()
        process.wait(timeout=30)
        another_start(environment)

        assert file.read_text() == SECRET

    another_start(environment)
    assert not file.parent.exists()


def test_files_are_abandoned_if_their_process_execs_another_program(environment: TestEnvironment) -> None:
    """Celery does this on SIGHUP: the process id and start time stay the same, but the lock is released."""
    becoming = NO_HANDLERS.replace("while True:", "os.execvp('sleep', ['sleep', '60'])\nwhile True:")
    with started(environment, sys.executable, "-c", becoming) as (process, file):
        eventually(lambda: "sleep" in Path(f"/proc/{process.pid}/comm").read_text(), "the other program", 10)
        another_start(environment)

        assert not file.parent.exists()


def test_a_forked_child_that_exits_removes_nothing(environment: TestEnvironment) -> None:
    assert environment.python(FORKED) == SECRET


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a folder's owner")
def test_folders_of_other_users_are_kept(environment: TestEnvironment, tmp_path: Path) -> None:
    another = tmp_path / f"{PREFIX}1-another"
    another.mkdir()
    os.chown(another, 65534, -1)

    with started(environment, *RUN_COMMAND, RUNTIME_DIRECTORY=str(tmp_path)):
        assert another.exists()


def test_a_worker_that_runs_out_of_time_removes_it(environment: TestEnvironment, tmp_path: Path) -> None:
    runtime_folder = tmp_path / "runtime"
    runtime_folder.mkdir()

    with environment.worker("io", RUNTIME_DIRECTORY=str(runtime_folder)) as (process, log):
        eventually(lambda: " ready." in log.read_text(), "the worker")
        assert list(runtime_folder.glob(f"{PREFIX}*"))
        process.send_signal(signal.SIGQUIT)

        assert process.wait(timeout=30) == 0
        assert "no time left to stop" in log.read_text()
        assert not list(runtime_folder.glob(f"{PREFIX}*"))

"""A secret that is a file is gone when its process is, however that ends."""

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

from tests.harness.environment import TestEnvironment
from tests.harness.ledger import SECRET
from tests.harness.waiting import eventually

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Each sleeps in short turns: Python runs a handler between two calls, so a signal that comes just before one long sleep
# would wait for its end.

# Says where its secret is, and lives until a signal comes, which it says too.
COMMAND = """
import os, signal, sys, time
def came(number, _frame):
    print("got", number, flush=True)
    sys.exit(3)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, came)
print(os.environ["TLS_KEY"], flush=True)
while True:
    time.sleep(0.1)
"""
RUN_COMMAND = (sys.executable, "-m", "celery_platform", "run", "--", "python", "-c", COMMAND)
# A process of the application that handles no signal: beat before Celery has its handlers, a script.
NO_HANDLERS = """
import os, time
from celery_platform.application.variables import set_variables
from celery_platform.settings import runtime
set_variables(runtime())
print(os.environ["TLS_KEY"], flush=True)
while True:
    time.sleep(0.1)
"""
# `app run` between writing the file and starting the command: a moment, made long.
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
# The signal comes when the command is there and `app run` has not got to know it: no sender can time that.
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
    """One whose application asks for a secret as a file."""
    variant = sqs.variant(tmp_path)
    variant.resolved["application"]["secrets"] = {"TLS_KEY": {"secret": "ledger", "as": "file"}}
    Path(variant.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(variant.resolved))
    return variant


@contextmanager
def started(
    environment: TestEnvironment, *command: str, **variables: str
) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """The process and where its secret is; it has a session of its own, which ends with it."""
    process = subprocess.Popen(
        command, env=environment.variables | variables, text=True, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def another_start(environment: TestEnvironment) -> None:
    assert environment.app("run", "--", "true").returncode == 0


def test_it_is_in_memory_and_for_this_user_alone(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (_, file):
        assert file.read_text() == SECRET
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.parent.parent == MEMORY


def test_it_is_where_the_service_manager_removes_it(environment: TestEnvironment, tmp_path: Path) -> None:
    places = f"{tmp_path}:{tmp_path / 'second'}"

    with started(environment, *RUN_COMMAND, RUNTIME_DIRECTORY=places) as (_, file):
        assert file.parent.parent == tmp_path


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_to_app_run_is_the_commands_and_the_file_goes_with_it(
    environment: TestEnvironment, number: signal.Signals
) -> None:
    with started(environment, *RUN_COMMAND) as (process, file):
        assert file.exists()
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)

    assert said == f"got {int(number)}\n"
    assert process.returncode == 3
    assert not file.parent.exists()


def test_a_hangup_that_is_ignored_stays_ignored(environment: TestEnvironment) -> None:
    with started(environment, "nohup", *RUN_COMMAND) as (process, file):
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)

    assert said == f"got {int(signal.SIGTERM)}\n"
    assert not file.parent.exists()


@pytest.mark.parametrize("number", ENDS)
def test_app_run_ends_before_its_command_is_there(environment: TestEnvironment, number: signal.Signals) -> None:
    with started(environment, sys.executable, "-c", BEFORE_THE_COMMAND) as (process, file):
        assert file.exists()
        process.send_signal(number)

        assert process.wait(timeout=30) == 128 + number
        assert not file.parent.exists()


def test_a_signal_while_the_command_starts_reaches_it(environment: TestEnvironment) -> None:
    assert environment.python(AS_IT_STARTS, timeout=30) == str(-signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_without_handlers_still_ends_by_the_signal(
    environment: TestEnvironment, number: signal.Signals
) -> None:
    with started(environment, sys.executable, "-c", NO_HANDLERS) as (process, file):
        assert file.exists()
        process.send_signal(number)

        assert process.wait(timeout=30) == -number
        assert not file.parent.exists()


def test_what_a_killed_process_left_goes_at_the_next_start(environment: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (process, file):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        assert file.exists(), "nobody could remove it"

    another_start(environment)

    assert not file.parent.exists()


def test_the_next_start_has_no_file_of_its_own(environment: TestEnvironment, sqs: TestEnvironment) -> None:
    with started(environment, *RUN_COMMAND) as (_, file):
        pass

    another_start(sqs)

    assert not file.parent.exists()


def test_a_start_leaves_the_files_of_a_process_that_runs(environment: TestEnvironment) -> None:
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


def test_a_process_that_becomes_another_program_leaves_nothing_that_counts_as_its_own(
    environment: TestEnvironment,
) -> None:
    """As Celery does on SIGHUP: the process ID and its start are the same, and the file is nobody's."""
    becoming = NO_HANDLERS.replace("while True:", "os.execvp('sleep', ['sleep', '60'])\nwhile True:")
    with started(environment, sys.executable, "-c", becoming) as (process, file):
        eventually(lambda: "sleep" in Path(f"/proc/{process.pid}/comm").read_text(), "the other program", 10)
        another_start(environment)

        assert not file.parent.exists()


def test_a_forked_child_that_ends_takes_nothing_along(environment: TestEnvironment) -> None:
    assert environment.python(FORKED) == SECRET


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder another user's")
def test_another_users_folder_is_left_alone(environment: TestEnvironment, tmp_path: Path) -> None:
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

"""The measured processes and their CPU time and memory."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).parents[2]
# arq needs another version of redis-py than the other systems.
OWN_ENVIRONMENT = {"arq_app": ".venv-arq"}


def programs(system: str) -> Path:
    """The folder of a system's commands."""
    return Path(__file__).parent / OWN_ENVIRONMENT.get(system, ".venv") / "bin"


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of a measured process."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(extra)


@contextmanager
def running(
    system: str, commands: Sequence[Sequence[str]], variables: Mapping[str, str], log: Path
) -> Iterator[list[psutil.Process]]:
    """Start the processes, each in its own process group, and end the groups afterwards."""
    with log.open("ab") as sink:
        started = [
            subprocess.Popen(
                [str(programs(system) / command[0]), *command[1:]],
                env=environment(variables), cwd=REPOSITORY, start_new_session=True,
                stdout=sink, stderr=sink, stdin=subprocess.DEVNULL,
            )
            for command in commands
        ]  # fmt: skip
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(4)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_python(system: str, code: str, variables: Mapping[str, str], timeout: float = 300) -> str:
    """Run code in the benchmark's environment; returns its output."""
    run = subprocess.run(
        [str(programs(system) / "python"), "-c", code],
        env=environment(variables), cwd=REPOSITORY, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(run.stderr[-2000:])
    return run.stdout


def send(system: str, task: str, count: int, variables: Mapping[str, str], arguments: Sequence[object] = ()) -> None:
    """Fill a system's queue. This is not measured."""
    words = ", ".join(map(repr, (task, count, *arguments)))
    run_python(system, f"import tests.benchmarks.systems.{system} as system; system.send({words})", variables)


def tree(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """These processes and their descendants."""
    found = list(processes)
    for process in processes:
        with suppress(psutil.Error):
            found += process.children(recursive=True)
    return found


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """User and system time of these processes, their descendants, and children that have ended."""
    total = 0.0
    for process in tree(processes):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mib(processes: Sequence[psutil.Process]) -> float:
    """Proportional set size, in which shared memory is divided among the processes that share it."""
    total = 0
    for process in tree(processes):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 2**20

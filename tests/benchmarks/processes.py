"""The measured processes and their CPU time and memory."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from local_containers.children import ended_with_parent

REPOSITORY = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
# What is shipped runs with the releases that are shipped; arq needs another version of redis-py than the others, and
# some need a newer Python than the platform.
NEWER = FOLDER / ".venv-newer"
OWN_ENVIRONMENT = {
    "shipped_app": REPOSITORY / ".venv", "arq_app": FOLDER / ".venv-arq",
    **dict.fromkeys(("mayu_app", "ardiq_app", "streaq_app", "saq_app"), NEWER),
}  # fmt: skip
# From the state of a process on: its times are fields 14 to 17 (proc(5)).
TIMES = slice(11, 15)


def programs(system: str) -> Path:
    """The folder of a system's commands."""
    return OWN_ENVIRONMENT.get(system, FOLDER / ".venv") / "bin"


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of a measured process."""
    path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "app")))
    return os.environ | {"PYTHONPATH": path} | dict(extra)


def is_installed(system: str) -> bool:
    """Whether its libraries are there: those that need a newer Python are not on a machine without one."""
    return programs(system).is_dir()


@contextmanager
def running(
    system: str, commands: Sequence[Sequence[str]], variables: Mapping[str, str], log: Path
) -> Iterator[list[int]]:
    """Start the processes, each in its own process group, and end the groups afterwards."""
    with log.open("ab") as sink:
        started = [
            subprocess.Popen(
                [*ended_with_parent(), str(programs(system) / command[0]), *command[1:]],
                env=environment(variables), cwd=REPOSITORY, start_new_session=True,
                stdout=sink, stderr=sink, stdin=subprocess.DEVNULL,
            )
            for command in commands
        ]  # fmt: skip
    try:
        yield [process.pid for process in started]
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


def tree(processes: Sequence[int]) -> list[int]:
    """The ids of these processes and their descendants."""
    found = list(processes)
    for process in processes:
        with suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                found += tree([int(child) for child in (thread / "children").read_text().split()])
    return found


def cpu_seconds(processes: Sequence[int]) -> float:
    """User and system time of these processes, their descendants, and children that have ended."""
    ticks = 0
    for process in tree(processes):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[TIMES]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(processes: Sequence[int]) -> float:
    """Proportional set size, in which shared memory is divided among the processes that share it."""
    total = 0
    for process in tree(processes):
        with suppress(OSError):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024

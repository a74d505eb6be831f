"""The memory of an idle pool of eight processes."""

import time
from pathlib import Path

from tests.benchmarks import counter
from tests.benchmarks.cases import Case
from tests.benchmarks.processes import memory_mib, running, send

TASKS = 400


def memory(case: Case, broker: str, folder: Path) -> dict[str, float]:
    """The proportional set size of all processes after some tasks, in MiB."""
    path = folder / "counter"
    environment = {"BENCHMARK_BROKER": broker, counter.VARIABLE: str(path), **case.variables}
    counted = counter.create(path)
    send(case.system, "noop", TASKS, environment)
    with running(case.system, case.commands, environment, folder / "workers.log") as processes:
        counter.wait_for(counted, TASKS, time.monotonic() + 60)
        time.sleep(1)
        return {"mib": memory_mib(processes)}

"""The rate at which a full queue is drained, and its cost."""

import time
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks import counter
from tests.benchmarks.cases import Case
from tests.benchmarks.processes import cpu_seconds, running, send

# Measured from a tenth of the tasks to the last one, so that the start is not included.
FROM = 0.1
TIMEOUT_SECONDS = 120


def drain(
    case: Case, broker: str, count: int, folder: Path, task: str, variables: Mapping[str, str]
) -> dict[str, float]:
    """Tasks per second, CPU time of the workers for each task in microseconds, and seconds until the first task."""
    count = max(200, count // case.slow)
    environment = {"BENCHMARK_BROKER": broker, **variables, **case.variables}
    path = folder / "counter"
    environment[counter.VARIABLE] = str(path)
    send(case.system, task, count, environment, (1, 2) if task == "add" else ())
    counted = counter.create(path)
    began = time.monotonic()
    commands = [[word.format(broker=broker) for word in command] for command in case.commands]
    with running(case.system, commands, environment, folder / "workers.log") as processes:
        first = counter.wait_for(counted, 1, began + TIMEOUT_SECONDS)
        opened, already = counter.wait_for(counted, count * FROM, began + TIMEOUT_SECONDS), sum(counted)
        cpu = cpu_seconds(processes)
        closed = counter.wait_for(counted, count, began + TIMEOUT_SECONDS)
        cpu = cpu_seconds(processes) - cpu
    done = count - already
    return {"per_second": done / (closed - opened), "cpu_us": cpu / done * 1e6, "start_seconds": first - began}

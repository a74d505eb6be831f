"""Wait for the processes of services.yml, which run in one container that ends with the first of them."""

import re
import time

from local_containers.podman import Podman

from emulated_region import answers
from emulated_region.errors import RegionError
from emulated_region.outside import FILE_NAME
from emulated_region.plan import Region
from emulated_region.services import outside_name

ANSWER_SECONDS = 60
# Seconds to wait for a process without a port. A missing program ends sooner.
RUNS_FOR_SECONDS = 1.0
LOG_LINES = 40
# The message of processes.py about the first process that ends. The others, which are stopped then, may print more.
_END = re.compile(r"\S+ ended with exit code -?\d+")


def wait(podman: Podman, region: Region) -> None:
    """Wait until every port in services.yml accepts connections.

    Raises:
        RegionError: a process ended (with its last output), or does not respond.
    """
    name = outside_name(region)
    remedy = f"correct environments/{region.environment}/{FILE_NAME}, or the process, and run `make up` again"

    def has_ended() -> bool:
        return not any(each.state == "running" for each in podman.containers(f"name=^{name}$").values())

    def found() -> str:
        return last_words(podman.logs(name, LOG_LINES))

    for process in region.outside.processes:
        for port in process.ports:
            answers.wait(
                f"{process.name} ({FILE_NAME}) on port {port}",
                lambda: answers.tcp(str(region.outside_address), port),  # noqa: B023 - called before the next iteration
                ANSWER_SECONDS,
                found,
                has_ended=has_ended,
                remedy=remedy,
            )
    silent = [process.name for process in region.outside.processes if not process.ports]
    if silent:
        time.sleep(RUNS_FOR_SECONDS)
        if has_ended():
            raise RegionError(f"{', '.join(silent)} ({FILE_NAME}) to keep running", found(), remedy)


def last_words(log: str) -> str:
    """Which process ended, and the last line before that. The end of the log if none ended.

    Example: `last_words("No module named hook\\npay ended with exit code 1")` ->
    `"pay ended with exit code 1: No module named hook"`
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    ends = [number for number, line in enumerate(lines) if _END.fullmatch(line)]
    if not ends:
        return "\n".join(lines[-5:])
    before = lines[: ends[-1]][-1:]
    return ": ".join([lines[ends[-1]], *before])

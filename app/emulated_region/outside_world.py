"""Waiting for the processes of services.yml, which run in one container that ends with the first of them."""

import re
import time

from local_containers.podman import Podman

from emulated_region import answers
from emulated_region.errors import RegionError
from emulated_region.outside import FILE_NAME
from emulated_region.plan import Region
from emulated_region.services import outside_name

ANSWER_SECONDS = 60
# For a process without a port, of which nothing else shows that it started: a program that is not there ends sooner.
RUNS_FOR_SECONDS = 1.0
LOG_LINES = 40
# What processes.py says of the first that ends; the others are stopped then, and may say something as well.
_END = re.compile(r"\S+ ended with exit code -?\d+")


def wait(podman: Podman, region: Region) -> None:
    """Wait until every port that services.yml names answers.

    Raises:
        RegionError: a process ended, with what it said last, or does not answer.
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
                lambda: answers.tcp(str(region.outside_address), port),  # noqa: B023 - called before the next turn
                ANSWER_SECONDS,
                found,
                has_ended=has_ended,
                remedy=remedy,
            )
    silent = [process.name for process in region.outside.processes if not process.ports]
    if silent:
        time.sleep(RUNS_FOR_SECONDS)
        if has_ended():
            raise RegionError(f"{', '.join(silent)} ({FILE_NAME}) to run on", found(), remedy)


def last_words(log: str) -> str:
    """Which process ended and the last line that there is before; the end of the log where none did.

    Example: `last_words("No module named hook\\npay ended with exit code 1")` ->
    `"pay ended with exit code 1: No module named hook"`
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    ends = [number for number, line in enumerate(lines) if _END.fullmatch(line)]
    if not ends:
        return "\n".join(lines[-5:])
    before = lines[: ends[-1]][-1:]
    return ": ".join([lines[ends[-1]], *before])

"""The time from a worker's start until it consumes; `pytest -s` prints the seconds."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import judge

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ROUNDS = 3
# The imports that every worker of this application needs.
IMPORTS = (
    "import boto3, celery.bin.worker, exercises.celery, exercises.effects, celery_platform.observability.logs.setup"
)


def seconds_until_ready(environment: TestEnvironment, heartbeat: Path) -> float:
    begun = time.monotonic()
    with environment.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)):
        eventually(lambda: judge("readiness", str(heartbeat))[0], "readiness")
        return time.monotonic() - begun


def seconds_of_imports(environment: TestEnvironment) -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", IMPORTS], env=environment.variables, check=True)
    return time.monotonic() - begun


@pytest.mark.parametrize("broker", ["rabbitmq", "redis"])
def test_a_worker_is_ready_within_a_few_times_the_duration_of_its_imports(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    rounds = [
        (seconds_of_imports(environment), seconds_until_ready(environment, tmp_path / f"heartbeat-{number}"))
        for number in range(ROUNDS)
    ]

    imports, ready = (statistics.median(values) for values in zip(*rounds, strict=True))
    print(f"\n{broker}: ready after {ready:.1f} s, of which imports {imports:.1f} s")
    # Mingle alone, which this worker leaves out, waits a second.
    assert ready < 3 * imports, f"{ready:.1f} s, imports {imports:.1f} s"

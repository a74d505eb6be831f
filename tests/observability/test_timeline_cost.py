"""What it costs a task that its events are kept: the CPU time of workers with and without, in one run, as a ratio.

`OBSERVABILITY=1 pytest -n0 -s tests/observability/test_timeline_cost.py` prints the numbers of the README.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .test_cost import tree_seconds

pytestmark = [pytest.mark.observability, pytest.mark.timeout(900)]
TASKS, ROUNDS, KEPT = 3_000, 3, 100_000
# Measured at 0.96 (turbo) and 0.86 to 0.90 (prefork, whose children send few at a time) while much else ran.
LEAST_RATIO = 0.8
SEND = """
import sys
from celery_platform.publishing import publish_many
from exercises.quick import double
publish_many(double, [((1,), {})] * int(sys.argv[1]), ignore_result=True)
"""


def keeping(environment: TestEnvironment, folder: Path, attempts: int, pool_type: str) -> TestEnvironment:
    """The environment whose timelines keep so many attempts."""
    variant = environment.variant(folder, pools={"io": {"type": pool_type, "concurrency": 1}})
    variant.resolved["timeline"]["attempts"] = attempts
    Path(variant.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(variant.resolved))
    return variant


@pytest.mark.parametrize("pool_type", ["turbo", "prefork"])
def test_a_task_costs_hardly_more_when_its_events_are_kept(
    rabbitmq: TestEnvironment, tmp_path: Path, pool_type: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Redis.from_url(rabbitmq.valkey_url, decode_responses=True)
    spent: dict[int, list[float]] = {0: [], KEPT: []}
    for _ in range(ROUNDS):
        for attempts, found in spent.items():
            found.append(cpu_of_a_task(keeping(rabbitmq, tmp_path, attempts, pool_type), store))
    without, kept = min(spent[0]), min(spent[KEPT])
    with capsys.disabled():
        print(f"\n{pool_type}: {without:.0f} us of CPU a task without, {kept:.0f} with; medians {medians(spent)}")

    assert without / kept >= LEAST_RATIO


def medians(spent: dict[int, list[float]]) -> str:
    return " and ".join(f"{median(found):.0f}" for found in spent.values())


def cpu_of_a_task(environment: TestEnvironment, store: "Redis") -> float:
    """Microseconds of CPU time that a worker takes for each of many tasks."""

    def ended() -> int:
        keys = store.keys(f"{environment.resolved['prefix']}:counts:*")
        return sum(int(store.hget(key, "quick:succeeded") or 0) for key in keys)

    with environment.worker("io") as (process, log):
        eventually(lambda: "ready" in log.read_text(), f"the worker; {log}", 60)
        environment.python(SEND, "200")  # its first tasks are slower
        before = eventually(lambda: at_rest(ended), "the first tasks", 60)
        began = tree_seconds(process.pid)
        environment.python(SEND, str(TASKS))
        eventually(lambda: ended() >= before + TASKS, f"all tasks; {log}", 240)
        return (tree_seconds(process.pid) - began) / TASKS * 1e6


def at_rest(ended: Callable[[], int]) -> int:
    """The number of tasks that have ended, once it stays the same for a second."""
    count = ended()
    time.sleep(1)
    return count if ended() == count else 0

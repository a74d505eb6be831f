"""What a task opts into works for `async def` tasks, whose loop waits for no store."""

import time
import uuid
from pathlib import Path

import pytest

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.server

ONCE = """
from exercises.coroutines import once
print(*[once.delay({key!r}, {file!r}).id for _ in range(3)])
"""
LATE = "from exercises.coroutines import late\nlate.apply_async(({file!r},), headers={{'deadline': {due}}})"
LIMITED = "from exercises.coroutines import limited\nfor _ in range(2): limited.delay({file!r}, {name!r})"
RESULTS = """
import sys
from exercises.celery import celery
print(*[celery.AsyncResult(task_id).get(timeout=30) for task_id in sys.argv[1:]])
"""


@pytest.fixture
def environment(redis: TestEnvironment, tmp_path: Path) -> TestEnvironment:
    return redis.variant(tmp_path, pools={"io": {"type": "asyncio", "concurrency": 10}})


def test_runs_of_one_key_have_one_effect_and_one_result(environment: TestEnvironment, tmp_path: Path) -> None:
    file, key = tmp_path / "ran", uuid.uuid4().hex

    with environment.worker("io"):
        sent = environment.python(ONCE.format(key=key, file=str(file))).split()
        results = environment.python(RESULTS, *sent)

    assert [line.split()[0] for line in file.read_text().splitlines()] == ["start", "end"]
    assert results.split() == [key, key, key]


def test_a_coroutine_that_comes_too_late_does_not_run(environment: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "ran"

    with environment.worker("io") as (_, log):
        environment.python(LATE.format(file=str(file), due=time.time() - 5))
        eventually(lambda: ends(log, "probe.coroutine.late"), f"its end; {log}", 60)

    assert ends(log, "probe.coroutine.late")[0]["error"] == "DeadlinePassedError"
    assert not file.exists()


def test_a_coroutine_waits_for_its_turn_under_a_limit(environment: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "ran"

    with environment.worker("io") as (_, log):
        environment.python(LIMITED.format(file=str(file), name=uuid.uuid4().hex))
        eventually(lambda: len(ends(log, "probe.coroutine.limited")) == 3, f"three ends; {log}", 60)

    events = [end["event"] for end in ends(log, "probe.coroutine.limited")]
    assert sorted(events) == ["task succeeded", "task succeeded", "task waiting"]
    assert file.read_text().splitlines() == ["ran", "ran"]

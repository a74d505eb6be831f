"""A worker with a pool of type `asyncio` on real brokers."""

import json
from pathlib import Path
from time import monotonic

import pytest

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.server
BROKERS = ["rabbitmq", "redis", "sqs", "managed_rabbitmq"]
CANVAS = """
import json
from celery import chain, chord
from exercises.coroutines import add
print(json.dumps([
    add.delay(1, 2).get(timeout=60, interval=0.1),
    chain(add.s(1), add.s(2), add.s(3)).delay().get(timeout=60, interval=0.1),
    chord([add.s(n) for n in range(5)])(add.s()).get(timeout=60, interval=0.1),
    add.starmap([(1, 2), (3, 4)]).apply_async(ignore_result=False).get(timeout=60, interval=0.1),
]))
"""
REVOKE = "import sys; from exercises.celery import celery; celery.control.revoke(sys.argv[1], terminate=True)"
STATE = "import sys; from exercises.celery import celery; print(celery.AsyncResult(sys.argv[1]).state)"
LIMITED = """
from exercises.coroutines import {task}
{task}.apply_async(({file!r},), soft_time_limit={soft}, time_limit={hard})
"""


def with_asyncio(request: pytest.FixtureRequest, broker: str, folder: Path, concurrency: int = 100) -> TestEnvironment:
    environment: TestEnvironment = request.getfixturevalue(broker)
    return environment.variant(folder, pools={"io": {"type": "asyncio", "concurrency": concurrency}})


@pytest.mark.parametrize("broker", BROKERS)
def test_a_hundred_coroutines_wait_at_a_time_and_know_their_own_task(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str
) -> None:
    environment, file = with_asyncio(request, broker, tmp_path), tmp_path / "ran"
    send = "from exercises.coroutines import slow\nfor n in range(100): print(slow.delay({file!r}, 5).id)"
    sent = environment.python(send.format(file=str(file))).split()

    with environment.worker("io") as (_, log):
        eventually(file.exists, f"a task; {log}", 60)
        begun = monotonic()
        eventually(lambda: len(ends(log, "probe.coroutine.slow")) == 100, f"all tasks; {log}", 60)
        took = monotonic() - begun
        results = environment.python(
            "import json, sys\nfrom exercises.celery import celery\n"
            "print(json.dumps([celery.AsyncResult(i).get(timeout=9) for i in json.loads(sys.argv[1])]))",
            json.dumps(sent),
        )

    assert took < 30  # one after another they take 500 s
    assert json.loads(results) == sent


@pytest.mark.parametrize("broker", BROKERS)
def test_chains_chords_and_retries(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> None:
    environment, file = with_asyncio(request, broker, tmp_path), tmp_path / "ran"

    with environment.worker("io") as (_, log):
        results = environment.python(CANVAS, timeout=200)
        environment.python(f"from exercises.coroutines import again\nagain.delay({str(file)!r})")
        eventually(lambda: len(ends(log, "probe.coroutine.again")) == 3, f"three runs; {log}", 60)

    assert json.loads(results.splitlines()[-1]) == [3, 6, 10, [3, 7]]
    # An attempt that is retried sends the next one before its own line is written.
    attempts = sorted(ends(log, "probe.coroutine.again"), key=lambda end: int(end["attempt"]))
    assert [end["event"] for end in attempts] == ["task retried", "task retried", "task succeeded"]
    assert file.read_text().split("\n")[:-1] == ["try 0", "try 1", "try 2"]


def test_a_coroutine_gets_its_soft_limit_and_cleans_up_all_that_it_started(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment, file = with_asyncio(request, "redis", tmp_path), tmp_path / "ran"

    with environment.worker("io") as (_, log):
        environment.python(LIMITED.format(task="hang", file=str(file), soft=1, hard=20))
        eventually(lambda: ends(log, "probe.coroutine.hang"), f"its end; {log}", 60)

    assert file.read_text().split() == ["begins", "part", "ended", "soft", "limit", "cleaned", "up"]
    assert "SoftTimeLimitExceeded" in ends(log, "probe.coroutine.hang")[0]["error"]


def test_a_coroutine_is_cancelled_at_its_hard_limit_and_its_slot_is_free(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment, file = with_asyncio(request, "redis", tmp_path, concurrency=1), tmp_path / "ran"

    with environment.worker("io") as (_, log):
        environment.python(LIMITED.format(task="stubborn", file=str(file), soft=1, hard=2))
        environment.python(f"from exercises import probe\nprobe.due.delay({str(file)!r})")
        eventually(lambda: file.exists() and "ran" in file.read_text(), f"the next task; {log}", 60)

    assert file.read_text().splitlines() == ["soft limit", "cancelled", "ran"]
    assert [end["event"] for end in ends(log, "probe.coroutine.stubborn")] == ["task timed_out"]


@pytest.mark.parametrize("broker", ["rabbitmq", "redis"])
def test_a_running_coroutine_is_revoked(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> None:
    environment, file = with_asyncio(request, broker, tmp_path), tmp_path / "ran"

    with environment.worker("io") as (_, log):
        task_id = environment.python(f"from exercises.coroutines import hang\nprint(hang.delay({str(file)!r}).id)")
        eventually(file.exists, f"its begin; {log}", 60)
        environment.python(REVOKE, task_id)
        eventually(lambda: "cleaned up" in file.read_text(), f"its cancellation; {log}", 60)
        state = environment.python(STATE, task_id)

    assert file.read_text().splitlines() == ["begins", "part ended", "cleaned up"]
    assert state == "REVOKED"
    assert [end["event"] for end in ends(log, "probe.coroutine.hang")] == ["task revoked"]


@pytest.mark.parametrize("broker", BROKERS)
def test_a_stop_waits_for_running_coroutines_and_gives_back_what_takes_too_long(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str
) -> None:
    environment = with_asyncio(request, broker, tmp_path)
    short, long = tmp_path / "short", tmp_path / "long"
    send = "from exercises.coroutines import slow\nprint(slow.delay({!r}, {}).id)"

    with environment.worker("io", CELERY_STOP_TIMEOUT="16") as (process, log):
        finished = environment.python(send.format(str(short), 4))
        given_back = environment.python(send.format(str(long), 60))
        eventually(lambda: short.exists() and long.exists(), f"both to begin; {log}", 60)
        process.terminate()
        assert process.wait(40) == 0

    assert [end["task_id"] for end in ends(log, "probe.coroutine.slow")] == [finished]
    assert f"giving back probe.coroutine.slow[{given_back}]" in log.read_text()
    with environment.worker("io") as (_, log):
        eventually(lambda: long.read_text().count("begins") == 2, f"it to begin again; {log}", 60)


def test_a_plain_task_that_blocks_does_not_stop_the_event_loop(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    environment = with_asyncio(request, "redis", tmp_path)
    plain, coroutine = tmp_path / "plain", tmp_path / "coroutine"

    with environment.worker("io") as (_, log):
        environment.python(f"from exercises import probe\nprobe.slow.delay({str(plain)!r}, 10)")
        eventually(plain.exists, f"the plain task; {log}", 60)
        environment.python(f"from exercises.coroutines import slow\nslow.delay({str(coroutine)!r}, 0)")
        eventually(lambda: coroutine.exists() and "ends" in coroutine.read_text(), f"the coroutine; {log}", 60)

        assert plain.read_text().splitlines() == ["begins"]


def test_the_log_lines_of_a_coroutine_name_its_task_and_its_trace(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment, file = with_asyncio(request, "redis", tmp_path), tmp_path / "ran"
    traced = {"OTEL_TRACES_EXPORTER": "file", "CELERY_TRACES_FILE": str(tmp_path / "spans.jsonl")}

    with environment.worker("io", **traced) as (_, log):
        send = "from exercises.coroutines import slow\nfor _ in range(2): slow.delay({file!r}, 1)"
        environment.python(send.format(file=str(file)))
        eventually(lambda: len(ends(log, "probe.coroutine.slow")) == 2, f"both; {log}", 60)

    lines = [json.loads(line) for line in log.read_text().splitlines() if '"half way"' in line]
    outcomes = {end["task_id"]: end["trace_id"] for end in ends(log, "probe.coroutine.slow")}
    assert {line["task_id"]: line["trace_id"] for line in lines} == outcomes
    assert len({trace for trace in outcomes.values() if trace}) == 2

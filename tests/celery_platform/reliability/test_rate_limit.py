"""The shared token bucket on a real Valkey, and a task that waits its turn in a real worker."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery_platform.reliability import rate_limit
from celery_platform.reliability.limit_waits import limit_waits
from celery_platform.reliability.rate_limit import RateLimit
from celery_platform.reliability.valkey import valkey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from exercises.default import limited
for number in range(5):
    limited.apply_async((f"{run}-{{number}}",), headers={{"run_id": "{run}"}})
"""


@pytest.mark.usefixtures("inside_sqs")
@pytest.mark.parametrize("per_minute", [5, 60, 600])
def test_no_minute_has_more_than_the_limit(per_minute: int) -> None:
    limit = RateLimit(uuid.uuid4().hex, per_minute)
    start = time.monotonic()

    def turn(_: int) -> float:
        wait = limit.reserve(longest_seconds=600)
        assert wait is not None
        return time.monotonic() - start + wait

    with ThreadPoolExecutor(8) as pool:
        turns = sorted(pool.map(turn, range(per_minute * 3)))

    for index, first in enumerate(turns):
        assert sum(first <= other < first + 60 for other in turns[index:]) <= per_minute
    assert turns[-1] < 60 * 3 * 1.3, "the limit must be used, not only kept"


@pytest.mark.usefixtures("inside_sqs")
def test_people_see_which_tasks_ask_a_limit_and_how_long_the_next_one_waits() -> None:
    name, task = uuid.uuid4().hex, f"exercises.{uuid.uuid4().hex}"
    limit = RateLimit(name, 60)  # three at once, then one in 1.14 s
    turns = [limit.reserve(600, task) for _ in range(6)]
    (seen,) = limit_waits({task})
    next_turn = limit.reserve(600, task)

    assert turns[:3] == [0, 0, 0]
    assert (seen.limit, seen.task, seen.per_minute) == (name, task, 60)
    assert next_turn is not None
    assert abs(seen.wait_seconds - next_turn) < NOISE_SECONDS


@pytest.mark.usefixtures("inside_sqs")
def test_the_limits_of_many_customers_do_not_pile_up_and_a_changed_limit_is_seen_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limit, "MOST", 3)
    task = f"exercises.{uuid.uuid4().hex}"
    for customer in ("ann", "ben", "cat", "dan"):
        RateLimit(f"{task}-{customer}", 60).reserve(600, task)
    kept = {each.limit for each in limit_waits()}
    RateLimit(f"{task}-dan", 600).reserve(600, task)

    assert kept == {f"{task}-{customer}" for customer in ("ben", "cat", "dan")}
    assert {each.per_minute for each in limit_waits() if each.limit == f"{task}-dan"} == {600}


# Asking takes its time on a shared machine, and turns are in whole milliseconds.
NOISE_SECONDS = 0.25


@pytest.mark.usefixtures("inside_sqs")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    per_minute=st.integers(3, 2_000),
    calls=st.lists(
        st.tuples(st.floats(0, 90) | st.just(0.0), st.sampled_from([0, 5, 100_000])), min_size=1, max_size=120
    ),
)
def test_no_window_has_too_many_calls_and_no_caller_is_overtaken(
    per_minute: int, calls: list[tuple[float, int]]
) -> None:
    """Callers come after a pause and wait for so long at most.

    Time is the server's: a pause is made by setting back when the bucket was last filled.
    """
    limit, turns = RateLimit(uuid.uuid4().hex, per_minute), []
    key = f"celery-sqs:rate:{limit.name}"
    start, passed, free_at = time.monotonic(), 0.0, 0.0
    for pause, patience in calls:
        passed += pause
        if valkey().exists(key):
            valkey().hincrbyfloat(key, "at", -pause)
            valkey().persist(key)
        wait = limit.reserve(longest_seconds=patience)
        now = time.monotonic() - start + passed
        # `free_at` is when the bucket is full again, had nobody else come: each turn moves it on by one token.
        full_in = limit.burst / limit.per_second
        expected = max(0.0, max(free_at, now) + 1 / limit.per_second - full_in - now)
        if wait is None:
            assert expected > patience - NOISE_SECONDS, "refused although its turn was near enough"
            continue
        assert wait == pytest.approx(expected, abs=NOISE_SECONDS), "who was refused must not make others wait"
        free_at = max(free_at, now) + 1 / limit.per_second
        turns.append(now + wait)

    assert turns == sorted(turns, key=lambda turn: round(turn, 2)), "first come, first served"
    for index, first in enumerate(turns):
        for others, last in enumerate(turns[index:], 1):
            most = limit.burst + limit.per_second * (last - first + NOISE_SECONDS)
            assert others <= most + 1e-6, f"{others} turns in {last - first:.2f} s"
        assert sum(first <= other < first + 59.9 for other in turns[index:]) <= per_minute


@pytest.mark.usefixtures("inside_sqs")
def test_a_reservation_too_far_away_is_not_taken() -> None:
    limit = RateLimit(uuid.uuid4().hex, 60)
    while limit.reserve(longest_seconds=0) == 0:
        pass

    assert limit.reserve(longest_seconds=0) is None
    first = limit.reserve(longest_seconds=100)
    assert first is not None
    assert first < 2, "refused reservations must not have pushed later ones away"


def test_under_one_limit_of_two_workers_a_task_waits_once_and_spends_no_retry(environment: TestEnvironment) -> None:
    file = environment.folder / "slow.json"
    resolved = json.loads(json.dumps(environment.resolved))
    resolved["application"]["variables"]["QUOTA_RATE_PER_MINUTE"] = "30"
    file.write_text(json.dumps(resolved))
    run = uuid.uuid4().hex
    store = Redis.from_url(environment.valkey_url, decode_responses=True)
    store.delete(f"{resolved['prefix']}:rate:quota")
    variables = dict(environment.variables)
    environment.variables["CELERY_ENVIRONMENT_FILE"] = str(file)
    try:
        with environment.worker("io") as (_, other), environment.worker("io") as (_, log):
            eventually(lambda: "ready" in log.read_text() and "ready" in other.read_text(), "both workers")
            environment.python(SEND.format(run=run))

            def records() -> list[dict[str, object]]:
                found = [json.loads(line) for line in store.lrange(f"{resolved['prefix']}:run:{run}", 0, -1)]
                return found if sum(record["state"] == "succeeded" for record in found) == 5 else []

            states = [record["state"] for record in eventually(records, f"five turns; log:\n{log.read_text()[-2000:]}")]
    finally:
        environment.variables.update(variables)

    assert states.count("waiting") == 4, "a burst of one at 30 a minute: each other task waits exactly once"
    assert "retried" not in states
    assert "failed" not in states

"""A cancelled task: no worker begins it, on any broker and in any pool, and the pools that can end it while it runs."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery_platform.errors import SettingsError
from celery_platform.reliability import cancelling
from redis import Redis

from tests.celery_platform.dead_letters.dead_lettered import emptied
from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

SEND = "from exercises import probe; print(probe.held.apply_async(({file!r}, {end!r}), ignore_result=False).id)"
# By `make test`; all pairs with SLOW=1.
TRIED = {("rabbitmq", "prefork"), ("sqs", "prefork"), ("redis", "turbo"), ("rabbitmq", "gevent"), ("sqs", "threads")}


@pytest.fixture
def code(environment: TestEnvironment) -> Iterator[Interpreter]:
    """Processes of an environment without messages, in which no task stays cancelled."""
    with emptied(environment) as code:
        yield code
    with Redis.from_url(environment.valkey_url) as store:
        store.delete(cancelling.cancelled_key(environment.resolved["prefix"]))


def told(code: Interpreter, task_id: str) -> dict[str, Any]:
    """What `app task` says."""
    ((_, said),) = commands(code, f"task --json {task_id}")
    found: dict[str, Any] = json.loads(said)
    return found


def pairs(tried: set[tuple[str, str]]) -> list[Any]:
    return [
        pytest.param(kind, pool, marks=[] if (kind, pool) in tried else pytest.mark.slow)
        for kind in ("rabbitmq", "sqs", "redis")
        for pool in ("prefork", "gevent", "threads", "turbo", "solo")
    ]


@pytest.mark.parametrize(("environment", "pool"), pairs(TRIED), indirect=["environment"])
def test_a_cancelled_task_does_not_run_ends_where_its_pool_can_end_it_and_others_go_on(
    environment: TestEnvironment, code: Interpreter, tmp_path: Path, pool: str
) -> None:
    waiting, running, other = (tmp_path / name for name in ("waiting", "running", "other"))
    end = tmp_path / "end"
    variant = environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1}})
    never = code.python(SEND.format(file=str(waiting), end=str(end))).strip()
    ((first, _), (again, _)) = commands(code, f"cancel --yes {never}", f"cancel --yes {never}")
    can_end = pool in ("prefork", "gevent")

    with short_polls(variant) as quick, quick.worker("io") as (process, log):
        runs = code.python(SEND.format(file=str(running), end=str(end))).strip()
        eventually(running.exists, f"the task that runs; {log}", 60)
        eventually(lambda: told(code, runs)["running"], "the worker's word about it", 60)
        ((_, words),) = commands(variant, f"cancel --yes {runs}")
        if can_end:
            eventually(lambda: told(code, runs)["state"] == "REVOKED", f"its end; {log}", 60)
        elif pool == "threads":
            eventually(lambda: "goes on: its pool cannot end it" in log.read_text(), f"the word of it; {log}", 60)
        end.touch()
        code.python(SEND.format(file=str(other), end=str(end)))
        eventually(lambda: other.exists() and "ends" in other.read_text(), f"the next task; {log}", 60)
        state = eventually(lambda: told(code, never)["state"], "the state of the one that never ran", 60)
        assert process.poll() is None

    assert (first, again, state) == (0, 1, "REVOKED")
    assert not waiting.exists()
    assert ("ends it within a few seconds" in words) == can_end, words
    assert running.read_text().split() == (["begins"] if can_end else ["begins", "ends"])
    what = [step["what"] for step in told(code, never)["steps"]]
    assert what[-1] == "revoked"
    assert "cancelled" in what


def test_a_cancelled_coroutine_cleans_up_and_ends_and_a_plain_task_beside_it_goes_on(
    rabbitmq: TestEnvironment, tmp_path: Path
) -> None:
    coroutine, plain, end = (tmp_path / name for name in ("coroutine", "plain", "end"))
    variant = rabbitmq.variant(tmp_path, pools={"io": {"type": "asyncio", "concurrency": 2}})
    hang = f"from exercises import coroutines; print(coroutines.hang.delay({str(coroutine)!r}).id)"
    with emptied(variant) as code, variant.worker("io") as (_, log):
        ids = [code.python(each).strip() for each in (hang, SEND.format(file=str(plain), end=str(end)))]
        eventually(lambda: coroutine.exists() and plain.exists(), f"both tasks; {log}", 60)
        commands(code, *(f"cancel --yes {each}" for each in ids))
        eventually(lambda: told(code, ids[0])["state"] == "REVOKED", f"the coroutine's end; {log}", 60)
        eventually(lambda: "goes on: its pool cannot end it" in log.read_text(), f"the word of it; {log}", 60)
        end.touch()
        eventually(lambda: "ends" in plain.read_text(), f"the plain task's end; {log}", 60)

    assert coroutine.read_text().splitlines() == ["begins", "part ended", "cleaned up"]


def test_a_task_that_may_run_again_runs(redis: TestEnvironment, tmp_path: Path) -> None:
    ran, end = tmp_path / "ran", tmp_path / "end"
    end.touch()
    with emptied(redis) as code:
        task_id = code.python(SEND.format(file=str(ran), end=str(end))).strip()
        ((cancelled, _), (lifted, _), (twice, _)) = commands(
            code, f"cancel --yes {task_id}", f"cancel --undo {task_id}", f"cancel --undo {task_id}"
        )
        with redis.worker("io") as (_, log):
            eventually(lambda: ran.exists() and "ends" in ran.read_text(), f"the task; {log}", 60)

    assert (cancelled, lifted, twice) == (0, 0, 1)


@pytest.mark.usefixtures("inside_sqs")
def test_no_more_are_cancelled_than_workers_can_read_every_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "MOST", 2)
    ids = [f"{os.urandom(4).hex()}-{number}" for number in range(3)]
    try:
        assert [cancelling.cancel(each) for each in (*ids[:2], ids[0])] == [True, True, False]
        with pytest.raises(SettingsError, match="at most 2"):
            cancelling.cancel(ids[2])
        with pytest.raises(SettingsError, match="the id of a task"):
            cancelling.cancel("")
        later = time.time() + cancelling.KEEP_SECONDS + 1
        monkeypatch.setattr(time, "time", lambda: later)
        assert cancelling.cancel(ids[2]), "those of a week ago are forgotten"
        assert cancelling.cancelled_at(ids[0]) is None
    finally:
        for each in ids:
            cancelling.let_run(each)

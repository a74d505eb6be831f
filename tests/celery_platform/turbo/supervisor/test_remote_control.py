"""Remote control of a turbo pool: each command does what it says, or says why not."""

from typing import Any

import pytest

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


def test_shutdown_ends_the_supervisor_and_every_process_after_their_tasks(bench: Bench, where: str) -> None:
    with bench.worker(2) as (process, log):
        bench.work.sleep.delay(where, 2)
        bench.noted(where)
        bench.work.app.control.shutdown()

        assert process.wait(15) == 0
        assert log.read_text().count(" ready.") == 2, "a process was started again"
    assert bench.list_(where) == ["begins", "ends"]
    assert bench.waiting(bench.work.QUEUE) == 0


def test_a_task_that_a_process_holds_while_another_runs_can_be_revoked(bench: Bench, where: str) -> None:
    with bench.worker(1):
        bench.work.record_slowly.delay(where, "first", 2)
        bench.work.record.apply_async((where, "revoked"), task_id=f"held-{where}")
        bench.work.record.delay(where, "last")
        eventually(lambda: bench.waiting(bench.work.QUEUE) == 0, "the process holding all three")
        bench.work.app.control.revoke(f"held-{where}")

        assert bench.noted(where, 2) == ["first", "last"]


def test_a_pool_that_is_restarted_has_other_processes(bench: Bench, where: str) -> None:
    with bench.worker(1, TURBO_RESTARTS="1") as (_, log):
        bench.work.where_am_i.delay(where)
        bench.noted(where)
        bench.work.app.control.pool_restart()
        eventually(lambda: log.read_text().count(" ready.") == 2, "another process", 20)
        bench.work.where_am_i.delay(where)

        first, second = bench.noted(where, 2)
        assert first != second


@pytest.mark.parametrize("command", ["pool_grow", "pool_shrink", "pool_restart", "autoscale"])
def test_what_a_turbo_pool_cannot_do_is_refused_in_words(bench: Bench, where: str, command: str) -> None:
    with bench.worker(1):
        arguments: dict[str, Any] = {"max": 2, "min": 1} if command == "autoscale" else {}
        (answer,) = bench.work.app.control.broadcast(command, arguments=arguments, reply=True, timeout=10, limit=1)

        (said,) = answer.values()
        assert "concurrency" in said["error"] or "not enabled" in said["error"]
        bench.work.record.delay(where, 1)
        assert bench.noted(where) == ["1"], "it works on"

"""The supervisor keeps limits, isolates deaths, replaces processes, and leaves none behind."""

import os
import signal
import time
from pathlib import Path

import pytest
from billiard.exceptions import TimeLimitExceeded
from celery_platform.turbo.supervisor.back_off import BackOff
from celery_platform.turbo.supervisor.options import SupervisorOptions

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


def test_a_soft_limit_is_raised_in_the_task(bench: Bench, where: str) -> None:
    with bench.worker(1):
        bench.work.too_long.delay(where)

        assert bench.noted(where) == ["soft limit"]


def test_a_hard_limit_ends_the_task_for_good_and_nothing_else(bench: Bench, where: str) -> None:
    with bench.worker(1):
        ended = bench.work.much_too_long.delay(where)
        after = [bench.work.record.delay(where, number) for number in range(20)]

        with pytest.raises(TimeLimitExceeded):
            ended.get(timeout=30)
        assert sorted(bench.noted(where, 1 + len(after))) == sorted(["begins", *map(str, range(20))])
        eventually(lambda: bench.waiting(bench.work.QUEUE) == 0, "an empty queue")


def test_a_task_that_yields_to_no_signal_is_killed_and_its_message_comes_again(bench: Bench, where: str) -> None:
    with bench.worker(1) as (_, log):
        bench.work.unyielding.delay(where)

        assert bench.noted(where, 2) == ["begins", "begins"]
        assert "does not yield: killed" in log.read_text()


# The fast way of a turbo worker, and Celery's own, which it takes for a message with options.
OPTIONS: tuple[dict[str, int], ...] = ({}, {"expires": 60}, {"time_limit": 50}, {"countdown": 1})


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "plain")
@pytest.mark.parametrize(("task", "runs"), [("kill_me", 2), ("kill_me_early", 1)])
def test_a_death_repeats_a_task_acknowledged_late_and_not_one_acknowledged_early(
    bench: Bench, where: str, task: str, runs: int, options: dict[str, int]
) -> None:
    with bench.worker(2):
        getattr(bench.work, task).apply_async((where,), **options)
        bench.noted(where, runs)
        for number in range(50):
            bench.work.record.delay(f"{where}-others", number)

        bench.noted(f"{where}-others", 50)
        time.sleep(1)
        assert len(bench.list_(where)) == runs


def test_a_process_is_replaced_after_its_number_of_tasks(bench: Bench, where: str) -> None:
    with bench.worker(1, 20):
        for sent in range(25, 101, 25):
            # What a process has taken it finishes, however much that is: so a batch at a time.
            for _ in range(25):
                bench.work.where_am_i.delay(where)
            processes = bench.noted(where, sent)
            time.sleep(1)

        assert len(processes) == 100
        assert len(set(processes)) > 1


def test_a_process_is_replaced_for_its_memory(bench: Bench, where: str) -> None:
    with bench.worker(1, 0, 200) as (_, log):
        bench.work.hold_memory.delay(where, 300)
        eventually(
            lambda: "MiB of memory in use" in log.read_text() or log.read_text().count(" ready.") == 2, "another"
        )
        bench.work.where_am_i.delay(where)

        first, second = bench.noted(where, 2)
        assert first != second


def test_a_stop_waits_for_the_task_that_runs_and_leaves_the_rest_to_the_broker(bench: Bench, where: str) -> None:
    with bench.worker(1) as (process, _):
        bench.work.sleep.delay(where, 3)
        for number in range(40):
            bench.work.record.delay(f"{where}-after", number)
        bench.noted(where)
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0
    assert bench.list_(where) == ["begins", "ends"]
    assert bench.list_(f"{where}-after") == []
    assert bench.waiting(bench.work.QUEUE) == 40
    with bench.worker(1):
        assert len(bench.noted(f"{where}-after", 40)) == 40
    assert bench.list_(where) == ["begins", "ends"], "the task that ended during the stop was not acknowledged"


def test_a_supervisor_that_is_killed_leaves_no_worker(bench: Bench) -> None:
    with bench.worker(2) as (process, _):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(process.pid, signal.SIGKILL)

        eventually(lambda: not any(Path(f"/proc/{child}/exe").exists() for child in children), "the end of both", 20)


def test_a_process_that_keeps_crashing_waits_longer_each_time_and_is_forgiven() -> None:
    back_off = BackOff(SupervisorOptions(1, longest_back_off_seconds=10, recovered_seconds=60))

    assert [back_off.after(0.1, crashed=True) for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert back_off.after(0.1, crashed=False) == 0
    assert back_off.after(61, crashed=True) == 1

"""Closed connections and killed processes repeat hardly more than what was running."""

import os
import signal
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery_platform.publishing import publish_many

from tests.celery_platform.turbo.harness.bench import Bench
from tests.celery_platform.turbo.test_kill import children
from tests.celery_platform.turbo.test_speed import stock_worker
from tests.harness import servers
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

TASKS, SECONDS = 2500, 0.008
CLOSES, PROCESSES = 12, 2
# In one call, because rabbitmqctl takes seconds to start.
CLOSE = """lists:foreach(fun(_) ->
    [rabbit_networking:close_connection(Pid, "as asked") || Pid <- rabbit_networking:connections()], timer:sleep(600)
end, lists:seq(1, %d))."""


def repeated(bench: Bench, folder: Path, task: str, where: str) -> int:
    """Close every connection while the tasks run; returns how many ran more than once."""
    port = urlsplit(bench.variables["TURBO_BROKER"]).port or 0
    publish_many(getattr(bench.work, task), [((where, number, SECONDS), {}) for number in range(TASKS)])
    bench.noted(where, 50)
    servers.rabbitmqctl(folder / "rabbitmq", port, "eval", CLOSE % CLOSES)
    assert len(bench.list_(where)) < TASKS, "the closes came too late"
    eventually(lambda: len(set(bench.list_(where))) == TASKS, "every task", 90)
    runs = Counter(bench.list_(where))
    return sum(runs.values()) - TASKS


@pytest.mark.parametrize("task", ["record_slowly", "record_slowly_early"])
def test_a_closed_connection_repeats_no_more_than_what_runs(bench: Bench, folder: Path, where: str, task: str) -> None:
    with stock_worker(bench, folder / "stock-closed.log"):
        stock = repeated(bench, folder, task, f"{where}-stock")
    with bench.worker(PROCESSES):
        turbo = repeated(bench, folder, task, where)

    # At each close a process runs one task, and has finished one or two of which the broker does not know.
    assert turbo <= stock + CLOSES * PROCESSES * 3


def test_a_killed_process_repeats_what_ran_and_two_finished_tasks_at_most(bench: Bench, where: str) -> None:
    tasks = 200
    publish_many(bench.work.record_slowly, [((where, number, 0.01), {}) for number in range(tasks)])
    with bench.worker(1, wait=False) as (process, _):
        bench.noted(where, 20, 60)  # of the messages that arrive while the process begins to consume
        os.kill(children(process.pid)[0], signal.SIGKILL)
        eventually(lambda: len(set(bench.list_(where))) == tasks, "every task", 60)

    assert len(bench.list_(where)) - tasks <= 3

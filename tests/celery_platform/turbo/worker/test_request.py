"""A task in a turbo process has the request that it has in a worker of Celery's own, attribute by attribute."""

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.processes import running
from tests.harness.waiting import eventually

STOCK = """
from tests.celery_platform.turbo.harness.work import QUEUE, app
quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
app.worker_main(["worker", "--pool=solo", "--loglevel=INFO", f"--queues={QUEUE}", *quiet])
"""
# What is another for each worker and delivery.
OF_A_DELIVERY = {"hostname", "properties", "loglevel", "logfile"}
# Long after the last test of a run, because it is reckoned when tests are collected.
SOON = datetime.now(UTC) + timedelta(days=1)
OPTIONS: dict[str, dict[str, Any]] = {
    "nothing": {}, "a header": {"headers": {"run_id": "7"}}, "headers that are none": {"headers": {}},
    "headers named as attributes": {"headers": {"children": 1, "lang": "x", "called_directly": True}},
    "a reply": {"reply_to": "somebody"}, "an id of its parent": {"parent_id": "p", "root_id": "r"},
    "a group": {"group_id": "g", "group_index": 3}, "retries": {"retries": 2}, "a shadow": {"shadow": "another"},
    "a limit": {"time_limit": 30}, "both limits": {"time_limit": 30, "soft_time_limit": 20},
    "expiry": {"expires": SOON},
    "a priority": {"priority": 3}, "no result": {"ignore_result": True}, "a result": {"ignore_result": False},
    "a nesting": {"replaced_task_nesting": 2}, "stamps": {"stamped_headers": ["on"], "on": "2026"},
    "a compression": {"compression": "zlib"}, "a countdown": {"countdown": 0.2}, "arguments": {"kwargs": {"a": [1]}},
}  # fmt: skip


def requests(bench: Bench, where: str) -> dict[str, dict[str, str]]:
    """The request of each task, by its options in words."""
    task = bench.work.whole_request
    for name, options in OPTIONS.items():
        task.apply_async((where,), task_id=f"whole {name}", **options)
    task.apply_async((where,), task_id="whole links", link=task.s("nowhere"), link_error=task.s("nowhere"))
    seen = [json.loads(noted) for noted in bench.noted(where, len(OPTIONS) + 1)]
    bench.store.delete("nowhere")
    return {each["id"]: each for each in seen}


def test_a_request_is_the_same_in_turbo_and_in_celerys_own_worker(bench: Bench, where: str) -> None:
    with bench.worker(1):
        turbo = requests(bench, f"{where}-turbo")
    log = bench.folder / f"stock-{os.urandom(3).hex()}.log"
    with running([sys.executable, "-c", STOCK], log, bench.variables, stop_seconds=30):
        eventually(lambda: " ready." in log.read_text(), f"a worker in {log}", 60)
        stock = requests(bench, f"{where}-stock")

    for task_id, expected in stock.items():
        for name in expected.keys() | turbo[task_id].keys():
            values = [each.get(name, "absent").replace("-stock", "-turbo") for each in (turbo[task_id], expected)]
            values = [_without_times(value) for value in values]
            assert name in OF_A_DELIVERY or values[0] == values[1], (task_id, name)


def _without_times(value: str) -> str:
    """Without what differs at each sending."""
    return re.sub(r"20\d\d-[\d:.T+-]+|\d+\.\d{3,}", "a moment", value)

"""A task that comes too late is not run, and fails with a typed error."""

import json
import pickle
from pathlib import Path

from celery_platform.reliability.deadline import DeadlinePassedError, DroppedError, deadline

from tests.harness.commands import commands
from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
import time
from exercises.probe import due, unwanted
now = time.time()
for name, headers in {{
    "in time": {{}},
    "too late": {{"sent_at": now - 61}},
    "late, but given more time": {{"sent_at": now - 61, "deadline": now + 600}},
    "in time, but given less": {{"deadline": now - 1}},
    "replayed": {{"sent_at": now - 61, "replayed_at": now}},
}}.items():
    due.apply_async(({file!r} + "/" + name,), headers=headers, task_id=name)
unwanted.apply_async(({file!r} + "/unwanted",), headers={{"sent_at": now - 61}}, task_id="unwanted")
"""


def test_late_tasks_are_dead_lettered_and_others_run(sqs: TestEnvironment, tmp_path: Path) -> None:
    with sqs.worker("io") as (_, log):
        sqs.python(SEND.format(file=str(tmp_path)))
        eventually(lambda: len(ends(log, "probe.due") + ends(log, "probe.unwanted")) == 6, "the end of six tasks")

    assert {file.name for file in tmp_path.iterdir()} == {"in time", "late, but given more time", "replayed"}
    late = {end["task_id"]: end for end in ends(log, "probe.due") if end["event"] == "task failed"}
    assert set(late) == {"too late", "in time, but given less"}
    assert late["too late"]["error"] == "DeadlinePassedError"
    (dropped,) = ends(log, "probe.unwanted")
    assert (dropped["event"], dropped["error"]) == ("task failed", "DroppedError")
    ((_, listed),) = commands(sqs, "dlq list --queue quick --json --limit 500")
    kept = {message["id"] for message in json.loads(listed)}
    assert kept >= set(late)
    assert "unwanted" not in kept
    assert late["too late"]["reason"].startswith("not run: its deadline passed ")


def test_a_call_outside_a_worker_has_no_deadline() -> None:
    assert deadline(0)(lambda: "ran")() == "ran"


def test_a_dropped_task_fails_and_is_not_dead_lettered() -> None:
    assert DeadlinePassedError(3.21).dead_letter
    assert not DroppedError(3.21).dead_letter
    assert str(pickle.loads(pickle.dumps(DroppedError(3.21)))) == "not run: its deadline passed 3.2 s ago"  # noqa: S301 - our own bytes

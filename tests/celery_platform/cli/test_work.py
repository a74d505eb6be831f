"""`app send`, `app inspect` and `app schedule` against real brokers."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery.schedules import crontab
from celery_platform.application.periodic import next_runs

from tests.harness.commands import commands
from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

EMPTY = """
from celery_platform.brokers import broker_of
from exercises.celery import celery
from celery_platform.settings import runtime
with celery.connection_for_write() as connection:
    broker_of(runtime()).purge(connection)
"""


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs", "redis"], indirect=True)
def test_a_sent_task_is_in_the_backlog_until_a_worker_runs_it(environment: TestEnvironment) -> None:
    environment.python(EMPTY)
    arguments = json.dumps({"entry": f"cli-{environment.kind}", "amount": 5})
    sent, refused, unknown, before = commands(
        environment, f"send record '{arguments}' --json --id by-hand", "send note '[1]'",
        "send recor '[]'", "inspect --json",
    )  # fmt: skip
    with environment.worker("io"):
        eventually(lambda: environment.services.effects[f"cli-{environment.kind}"], "the effect")
        after = eventually(lambda: _waiting(environment, 0), "an empty queue")

    assert sent[0] == 0, sent[1]
    assert json.loads(sent[1])["id"] == "by-hand"
    assert (refused[0], unknown[0] != 0) == (2, True)
    queues = {queue["queue"]: queue for queue in json.loads(before[1])["queues"]}
    assert (queues["effects"]["waiting"], queues["effects"]["pool"], queues["quick"]["waiting"]) == (1, "io", 0)
    assert after


def _waiting(environment: TestEnvironment, number: int) -> bool:
    ((_, said),) = commands(environment, "inspect --json")
    found: int = next(queue["waiting"] for queue in json.loads(said)["queues"] if queue["queue"] == "effects")
    return found == number


def test_wrong_input_is_explained_without_a_traceback(sqs: TestEnvironment) -> None:
    for words, said in {
        ("send", "recor"): "Use one of: exercises.default.limited",
        ("send", "note", "{"): "expected JSON",
        ("send", "note", "[]"): "missing 2 required positional arguments",
        ("schedule", "run", "nightly"): "Use one of: every_night.",
        ("inspect", "--workers"): "expected: a broker with remote control",
    }.items():
        run = sqs.app(*words)
        assert (run.returncode, said in " ".join(run.stdout.split())) == (2, True), run.stdout
        assert "Traceback" not in run.stdout


def test_inspect_lists_the_workers_that_answer(rabbitmq: TestEnvironment) -> None:
    with rabbitmq.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        ((_, said),) = commands(rabbitmq, "inspect --workers --json")

    assert [worker["name"].startswith("io-") for worker in json.loads(said)["workers"]] == [True]


def _succeeded(log: Path) -> int:
    return sum(end["event"] == "task succeeded" for end in ends(log, "exercises.nightly.summary"))


def test_the_schedule_lists_its_next_runs_and_runs_a_slot_once(sqs: TestEnvironment) -> None:
    shown, table, *runs = commands(
        sqs,
        "schedule list --json --times 3",
        "schedule list",
        *["schedule run every_night --slot 2026-01-01T00:05"] * 2,
    )
    with sqs.worker("io"), sqs.worker("cpu") as (_, log):
        eventually(lambda: _succeeded(log) == 2, "the end of two runs")
        eventually(lambda: "summary of 2026-01-01T00:05" in sqs.services.notes, "the note")

    (entry,) = json.loads(shown[1])["periodic"]
    assert (entry["name"], entry["when"].startswith("*/5 * * * *"), len(entry["next"])) == ("every_night", True, 3)
    assert "every_night" in table[1]
    assert [code for code, _ in runs] == [0, 0]
    assert sqs.services.notes.count("summary of 2026-01-01T00:05") == 1


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (crontab(minute="*/5"), ["23 12:05", "23 12:10", "23 12:15"]),
        (crontab(minute="0", hour="6"), ["24 06:00", "25 06:00", "26 06:00"]),
        (crontab(minute="30", hour="9", day_of_week="1"), ["30 09:30", "07 09:30", "14 09:30"]),
    ],
)
def test_the_next_runs_are_those_that_beat_would_send(schedule: crontab, expected: list[str]) -> None:
    after = datetime(2026, 11, 23, 12, 1, 3, tzinfo=UTC)  # a Monday

    assert [moment.strftime("%d %H:%M") for moment in next_runs(schedule, after, 3)] == expected

"""The application's `beat_schedule` and the file's `schedule` with a real beat and a real Valkey."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

# All of Celery's ways to define a schedule. The tasks need not exist, as for a beat in a separate image.
APPLICATION = """
from datetime import timedelta
from celery.schedules import crontab, schedule, solar
from exercises.celery import celery

@celery.on_after_configure.connect
def configured(sender, **_):
    task = sender.signature("probe.configured", ("added",), {"by": "configure"})
    sender.add_periodic_task(1.0, task, name="configured")

@celery.on_after_finalize.connect
def finalized(sender, **_):
    sender.add_periodic_task(timedelta(seconds=1), sender.signature("probe.finalized"), name="finalized", expires=30)

celery.conf.timezone = "Europe/Berlin"
celery.conf.beat_schedule |= {
    "delta": {"task": "probe.delta", "schedule": timedelta(seconds=2), "args": (1, [2]), "kwargs": {"three": {"4": 5}}},
    "number": {"task": "probe.number", "schedule": 1.5, "options": {"queue": "nightly", "expires": 45}},
    "relative": {"task": "probe.relative", "schedule": schedule(timedelta(seconds=2), relative=True)},
    "later": {"task": "probe.later", "schedule": 2.0, "options": {"countdown": 3600}},
    "nightly": {"task": "probe.nightly", "schedule": crontab(minute="0", hour="3")},
    "evening": {"task": "probe.evening", "schedule": solar("sunset", 52.5, 13.4)},
}
"""
# Settings of the platform, which an application could not set, with short values for the test.
BEAT = """
celery.conf.update(redbeat_lock_timeout=6, beat_max_loop_interval=1)
from celery_platform.worker.start import start_beat
start_beat()
"""
NOTHING: dict[str, Any] = {
    "queue": None, "cron": None, "every_seconds": None, "solar": None, "timezone": None, "args": [], "kwargs": {},
    "options": {"expires_seconds": None, "priority": None},
}  # fmt: skip
OF_FILE = {
    "of_file": NOTHING | {"task": "probe.file", "every_seconds": 1, "args": ["a"], "queue": "default"},
    "at_six": NOTHING | {"task": "probe.six", "cron": "0 6 * * *", "timezone": "America/New_York"},
}


def scheduled(environment: TestEnvironment, folder: Path, schedule: dict[str, Any]) -> dict[str, str]:
    """The variables of processes in an environment with this schedule."""
    resolved = json.loads(json.dumps(environment.resolved)) | {
        "schedule": schedule,
        "prefix": f"s{os.urandom(3).hex()}",
    }
    (folder / "resolved.json").write_text(json.dumps(resolved))
    return environment.variables | {"CELERY_ENVIRONMENT_FILE": str(folder / "resolved.json")}


def sent(environment: TestEnvironment, found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Add the messages in the queues: task -> [queue, headers, body] of each message."""
    sqs = environment.client("sqs")
    for label in ("quick", "nightly", "default"):
        url = sqs.get_queue_url(QueueName=environment.resolved["queues"][label]["name"])["QueueUrl"]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            read = json.loads(base64.b64decode(message["Body"]))
            body = json.loads(base64.b64decode(read["body"]))
            found.setdefault(read["headers"]["task"], []).append((label, read["headers"], body))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_beat_sends_the_entries_of_the_application_and_the_file(sqs: TestEnvironment, tmp_path: Path) -> None:
    variables, found = scheduled(sqs, tmp_path, OF_FILE), dict[str, list[Any]]()
    while any(sent(sqs, found).values()):
        found.clear()
    often = {f"probe.{name}" for name in ("configured", "finalized", "delta", "number", "relative", "file")}
    with running([sys.executable, "-c", APPLICATION + BEAT], tmp_path / "beat.log", variables, stop_seconds=5):
        eventually(lambda: all(len(sent(sqs, found).get(task, [])) > 1 for task in often), f"two of each: {often}")

    assert set(found) == often, (tmp_path / "beat.log").read_text()
    bodies = {task: messages[0][2][:2] for task, messages in found.items()}
    assert bodies["probe.configured"] == [["added"], {"by": "configure"}]
    assert bodies["probe.delta"] == [[1, [2]], {"three": {"4": 5}}]
    assert bodies["probe.file"] == [["a"], {}]
    queues = {task: messages[0][0] for task, messages in found.items()}
    assert (queues["probe.number"], queues["probe.file"], queues["probe.delta"]) == ("nightly", "default", "quick")
    assert found["probe.number"][0][1]["expires"], "expires counts from each turn"
    assert found["probe.finalized"][0][1]["expires"]
    shown = listed(variables)
    assert {kept["task"] for kept in shown["kept"]} == {"probe.later"}


def listed(variables: dict[str, str]) -> Any:
    """The output of `app schedule list --json` for the same application."""
    code = f"{APPLICATION}\nfrom celery_platform.cli.commands import commands\ncommands(['schedule', 'list', '--json'])"
    run = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(run.stdout)


def test_the_list_shows_both_with_their_next_runs(sqs: TestEnvironment, tmp_path: Path) -> None:
    entries = {entry["name"]: entry for entry in listed(scheduled(sqs, tmp_path, OF_FILE))["periodic"]}

    assert entries["nightly"]["when"] == "0 3 * * * Europe/Berlin"
    assert entries["nightly"]["next"][0][11:16] in ("01:00", "02:00")  # of UTC, in summer and in winter
    assert entries["at_six"]["when"] == "0 6 * * * America/New_York"
    assert entries["at_six"]["next"][0][11:16] in ("10:00", "11:00")
    assert (entries["number"]["queue"], entries["delta"]["queue"], entries["of_file"]["queue"]) == (
        "nightly", "quick", "default",
    )  # fmt: skip
    assert entries["evening"]["when"] == "sunset at 52.5, 13.4"


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"delta": OF_FILE["of_file"]}, "in schedule of the environment file: delta"),
        ({"lost": NOTHING | {"task": "nobody.knows", "every_seconds": 1}}, "expected a queue for task nobody.knows"),
    ],
    ids=["said twice", "no queue"],
)
def test_beat_refuses_to_start_with_a_readable_error(
    sqs: TestEnvironment, tmp_path: Path, schedule: dict[str, Any], said: str
) -> None:
    code = f"""{APPLICATION}
import sys
from celery_platform.cli import app
sys.argv = ["app", "beat"]
app()"""
    log = tmp_path / "beat.log"
    with running([sys.executable, "-c", code], log, scheduled(sqs, tmp_path, schedule)) as beat:
        assert beat.wait(60) == 2, log.read_text()

    assert said in " ".join(log.read_text().split())
    assert "Traceback" not in log.read_text()

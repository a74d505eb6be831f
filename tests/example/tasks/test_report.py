"""The report of a slot is written and mailed once, however often it is asked for."""

import json
from pathlib import Path

from shop.tasks.report import slot_of

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from shop.tasks.report import send_report
for _ in range(3):
    send_report.delay("2026-11-23T12:05")
"""


def succeeded(log: Path) -> int:
    return sum(end["event"] == "task succeeded" for end in ends(log, "shop.tasks.report.send_report"))


def test_a_slot_is_the_minute_of_sending() -> None:
    assert slot_of(1_795_435_559.9) == slot_of(1_795_435_500.0) == "2026-11-23T12:05"
    assert slot_of(1_795_435_560.0) == "2026-11-23T12:06"


def test_a_slot_is_reported_once(environment: TestEnvironment) -> None:
    def mails() -> int:
        subject = f"celery-{environment.kind}: tasks until 2026-11-23T12:05"
        return sum(mail["subject"] == subject for mail in environment.services.world.inbox.messages())

    with environment.worker("io"), environment.worker("cpu") as (_, log):
        environment.python(SEND)
        eventually(lambda: succeeded(log) == 3, "the end of three runs")
        eventually(mails, "the e-mail")

    assert mails() == 1
    bucket = environment.client("s3")
    report = bucket.get_object(Bucket=environment.bucket("media"), Key="reports/2026-11-23T12:05.json")
    assert json.loads(report["Body"].read())["slot"] == "2026-11-23T12:05"

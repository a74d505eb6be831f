"""One reader at a time works on the dead letter queues, with one broker, and gives back what it holds at a stop."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from celery_platform.application.loading import platform_alone
from celery_platform.console.serve import Options
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.reading import held_messages
from celery_platform.settings import runtime
from celery_platform.settings.discovery import client

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, opened, slow_on_amazon_mq
from .inside import EMPTY, filled, inside
from .pages import fields
from .served import served
from .test_replay import dry_run_of


def seen_by_another() -> int:
    """How many dead-lettered messages of the queue quick another reader is shown now."""
    with platform_alone().connection_for_read() as connection:
        return len(list(held_messages(connection, [runtime().environment.queues["quick"]], Choice())))


def test_however_often_sqs_is_read_one_client_of_aws_is_made(
    sqs: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(service: str) -> Any:
        made.append(service)
        return client(service)

    monkeypatch.setattr("celery_platform.brokers.sqs.broker.client", counted)
    with inside(sqs):
        turn = opened(Options(audit_log=tmp_path / "audit")).site.dead_letter_turn
        for label in ("quick", "effects"):
            with turn.messages([runtime().environment.queues[label]], Choice()) as messages:
                assert list(messages) == []

    assert made == ["sqs"]


@slow_on_amazon_mq
def test_what_is_being_read_is_given_back_when_the_console_stops(on_each: TestEnvironment, tmp_path: Path) -> None:
    filled(on_each, "held", count=3)
    with inside(on_each):
        turn = opened(Options(audit_log=tmp_path / "audit")).site.dead_letter_turn
        with turn.messages([runtime().environment.queues["quick"]], Choice()) as messages:
            next(messages)
            meanwhile = seen_by_another()
            stop = threading.Thread(target=turn.stop, args=(10,))
            stop.start()
            left = list(messages)
        stop.join(10)

        assert left == []
        assert not stop.is_alive()
        assert meanwhile == {"plain_redis": 3, "sqs": 0}.get(on_each.folder.name, 2), "held messages are hidden"
        assert seen_by_another() == 3
    on_each.python(EMPTY)


@pytest.mark.usefixtures("plain_redis")
def test_a_replay_that_runs_when_the_console_stops_is_stopped_and_that_is_written_down(
    plain_redis: TestEnvironment, acting: Opened
) -> None:
    filled(plain_redis, "stopped", count=3)
    acting.client.post("/replay", data=fields(dry_run_of(acting)) | {"rate": "0.5", "sure": "yes"})

    acting.site.dead_letter_turn.stop(10)
    acting.site.replays.join(10)

    ended = json.loads(acting.audit.read_text().splitlines()[-1])
    assert (ended["action"], ended["state"]) == ("replay ended", "stopped")
    assert ended["sent"] < 3
    plain_redis.python(EMPTY)


@pytest.mark.slow
def test_a_console_that_is_ended_while_it_reads_leaves_nothing_hidden(sqs: TestEnvironment, tmp_path: Path) -> None:
    filled(sqs, "ended", count=300)
    account = sqs.client("sqs")
    url = account.get_queue_url(QueueName=sqs.resolved["queues"]["quick"]["dead_letter_name"])["QueueUrl"]

    def hidden() -> int:
        name = "ApproximateNumberOfMessagesNotVisible"
        return int(account.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    with ThreadPoolExecutor(1) as background, served(sqs, tmp_path) as console, httpx2.Client(timeout=30) as browser:
        browser.get(console.sign_in, follow_redirects=True)

        def look() -> None:
            with suppress(httpx2.HTTPError):
                browser.get(f"{console.base}/failures")

        background.submit(look)
        eventually(lambda: hidden() > 50, "the reading", 30)

    assert hidden() == 0
    sqs.python(EMPTY)

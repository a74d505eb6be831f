"""What the exporter and `app status` say of the outbox, from the last report of a relay in a real store."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.reading import Reading
from celery_platform.observability.exporter.run import poll, store_poll
from celery_platform.observability.outbox_report import NEVER_READ, OutboxReport, outbox_key, outbox_report_of
from celery_platform.observability.status.outbox import outbox_problems
from celery_platform.observability.status.poll import Poller
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment

from .harness.inside import inside
from .harness.stack import with_relay


class Empty:
    """A broker without queues, which is not what these tests are about."""

    interval_seconds = 10.0

    def read(self) -> Reading:
        return Reading({})


@pytest.fixture
def outbox(sqs: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The test process in an environment with a relay; yields the key of its report, which does not exist yet."""
    with inside(with_relay(sqs, tmp_path), monkeypatch):
        key = outbox_key(runtime().environment.prefix)
        valkey().delete(key)
        yield key
        valkey().delete(key)


def served(last_poll: LastPoll) -> dict[str, float]:
    """The gauges of the outbox after this poll."""
    samples = [sample for family in LastPollCollector(last_poll).collect() for sample in family.samples]
    return {sample.name.removeprefix("celery_outbox_"): sample.value for sample in samples if "outbox" in sample.name}


def polled() -> LastPoll:
    last_poll = LastPoll(runtime().environment, interval_seconds=15)
    poll(last_poll, Empty(), store_poll(runtime()))
    return last_poll


def test_the_last_report_of_a_relay_is_served(outbox: str) -> None:
    valkey().set(outbox, OutboxReport(at=1_000_000.5, waiting=7, oldest_seconds=90.5, refused=2).as_text())

    assert served(polled()) == {
        "read_timestamp_seconds": 1_000_000.5,
        "length": 7,
        "oldest_task_age_seconds": 90.5,
        "refused_length": 2,
    }


@pytest.mark.usefixtures("outbox")
def test_of_an_outbox_that_no_relay_read_nothing_but_that_is_served() -> None:
    assert served(polled()) == {"read_timestamp_seconds": 0}


@pytest.mark.parametrize("has_section", [True, False])
def test_an_environment_in_which_no_relay_runs_serves_nothing(
    sqs: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_section: bool
) -> None:
    with inside(with_relay(sqs, tmp_path, replicas=0) if has_section else sqs, monkeypatch):
        assert served(polled()) == {}


def test_nothing_is_served_while_the_store_is_away(outbox: str) -> None:
    def away(_: LastPoll) -> None:
        raise ConnectionError("away")

    valkey().set(outbox, OutboxReport(at=time.time()).as_text())
    last_poll = polled()
    assert served(last_poll)
    poll(last_poll, Empty(), away)

    assert served(last_poll) == {}


def test_the_status_says_what_is_wrong_with_the_outbox(outbox: str) -> None:
    poller = Poller(runtime(), lambda _: Empty(), workers={})
    never = poller.poll().problems
    valkey().set(outbox, OutboxReport(at=time.time()).as_text())

    assert never == ["no relay has ever read the outbox: its tasks are not sent"]
    assert poller.poll().problems == []


@pytest.mark.parametrize(
    ("report", "problems"),
    [
        (OutboxReport(at=970.0, waiting=3, oldest_seconds=60.0, refused=1), []),
        (OutboxReport(at=700.0), ["no relay has read the outbox for 5m: its tasks are not sent"]),
        (OutboxReport(at=999.0, oldest_seconds=180.0), ["the oldest task in the outbox has been waiting for 3m"]),
        (NEVER_READ, ["no relay has ever read the outbox: its tasks are not sent"]),
    ],
)
def test_a_problem_is_what_an_alert_would_tell_of(report: OutboxReport, problems: list[str]) -> None:
    assert list(outbox_problems(report, now=1_000.0)) == problems


def test_a_report_is_read_as_it_was_written() -> None:
    report = OutboxReport(at=1.5, waiting=3, oldest_seconds=2.5, refused=1)

    assert outbox_report_of(report.as_text()) == report


def test_what_a_later_release_adds_to_a_report_is_left_out() -> None:
    report = OutboxReport(at=1.0, waiting=2)

    assert outbox_report_of(json.dumps(json.loads(report.as_text()) | {"added": 1})) == report

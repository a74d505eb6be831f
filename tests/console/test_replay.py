"""What would a replay do? Its dry run changes nothing; the replay is asked for, done once, and written down."""

import json
from pathlib import Path
from typing import Any

import pytest
from celery_platform.application.loading import platform_alone
from celery_platform.brokers import broker_of
from celery_platform.brokers.depth import depth
from celery_platform.console.serve import Options
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, opened, token_of
from .inside import EMPTY, dead_letter_lists, filled, inside, put_back
from .pages import fields, links, text_of
from .test_failures import causes


def counts() -> tuple[int, int]:
    """How many messages wait in the queue quick, and how many are dead-lettered."""
    queue, broker = runtime().environment.queues["quick"], broker_of(runtime())
    with platform_alone().connection_for_read() as connection:
        return depth(connection, broker.queue(queue)), depth(connection, broker.dead_letter_queue(queue))


def dry_run_of(console: Opened) -> str:
    """The dry run of the one cause of the queue quick."""
    (cause,) = links(causes(console, 1, "?queue=quick"), "/failures/causes/")
    (link,) = links(console.client.get(cause).text, "/replay")
    return console.client.get(link).text


def audited(console: Opened) -> list[dict[str, Any]]:
    return [json.loads(line) for line in console.audit.read_text().splitlines()]


def test_a_cause_is_replayed_once_with_its_progress_and_an_audit(on_each: TestEnvironment, tmp_path: Path) -> None:
    filled(on_each, "again", count=3)
    with inside(on_each):
        console = opened(Options(audit_log=tmp_path / "audit.jsonl", allow_actions=True))
        page = dry_run_of(console)
        assert "would send 3 messages" in text_of(page)
        assert eventually(lambda: counts() == (0, 3), "nothing changed")

        form = fields(page) | {"rate": "50", "sure": "yes"}
        first, second = (console.client.post("/replay", data=form) for _ in range(2))
        ended = eventually(lambda: _with(console, first.headers["location"], "Ended:"), "the end")
        after = eventually(lambda: counts() == (3, 0), "all three, each once")

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert "3 of 3 sent" in ended
    assert after
    asked, done = audited(console)
    assert (asked["action"], asked["messages"], asked["rate"], asked["from"]) == ("replay", 3, 50.0, "testclient")
    assert (done["action"], done["state"], done["sent"]) == ("replay ended", "ended", 3)
    assert asked["who"]
    assert asked["at"] < done["at"]
    assert console.audit.stat().st_mode & 0o777 == 0o600
    on_each.python(EMPTY)


def _with(console: Opened, page: str, text: str) -> str:
    words = text_of(console.client.get(page).text)
    return words if text in words else ""


@pytest.fixture(scope="module")
def as_published(plain_redis: TestEnvironment) -> dict[bytes, list[bytes]]:
    """Three dead-lettered notes and three dead-lettered effects, as the app publishes them."""
    filled(plain_redis, "three", count=3)
    with inside(plain_redis):
        return dead_letter_lists()


@pytest.fixture
def three(plain_redis: TestEnvironment, as_published: dict[bytes, list[bytes]]) -> None:
    """Those and nothing else."""
    with inside(plain_redis):
        put_back(as_published)


@pytest.mark.usefixtures("three")
def test_a_message_is_replayed_alone(acting: Opened) -> None:
    causes(acting, 2)
    page = acting.client.get("/replay?queue=quick&id=three-note-1").text
    assert "would send 1 message" in text_of(page)

    answer = acting.client.post("/replay", data=fields(page) | {"rate": "5", "sure": "yes"})
    eventually(lambda: _with(acting, answer.headers["location"], "Ended:"), "the end")

    assert counts() == (1, 2)


@pytest.mark.usefixtures("three")
def test_a_read_only_console_shows_the_dry_run_and_refuses_the_replay(console: Opened) -> None:
    page = dry_run_of(console)
    assert "This console is read-only" in text_of(page)
    assert "<form" not in page.partition("<main")[2]
    form = {"csrf": token_of(console), "replay": "0" * 32, "cause": "a1", "rate": "5", "sure": "yes"}

    answer = console.client.post("/replay", data=form)

    assert answer.status_code == 403
    assert "read-only" in answer.text
    assert counts() == (0, 3)
    assert not console.audit.exists()


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("change", "status"), [
    ({"csrf": ""}, 403),
    ({"csrf": "0" * 64}, 403),
    ({"csrf": "é"}, 403),
    ({"sure": ""}, 400),
    ({"replay": "../x"}, 400),
    ({"replay": ""}, 400),
    ({"cause": "'; DROP TABLE message; --"}, 400),
    ({"cause": "", "queue": "quick"}, 400),
    ({"queue": "nowhere"}, 404),
    ({"rate": "0"}, 400),
    ({"rate": "nan"}, 400),
    ({"rate": "-1"}, 400),
    ({"rate": "1e9"}, 400),
    ({"rate": "<script>"}, 400),
])  # fmt: skip
def test_a_form_that_is_not_the_consoles_does_nothing(acting: Opened, change: dict[str, str], status: int) -> None:
    form = fields(dry_run_of(acting)) | {"rate": "5", "sure": "yes"} | change

    answer = acting.client.post("/replay", data=form)

    assert answer.status_code == status
    assert "Nothing was done" in answer.text or status == 404
    assert counts() == (0, 3)
    assert acting.site.replays.running is None
    assert acting.audit.read_text() == ""


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("header", [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
])  # fmt: skip
def test_a_form_of_another_site_does_nothing(acting: Opened, header: dict[str, str]) -> None:
    form = fields(dry_run_of(acting)) | {"rate": "5", "sure": "yes"}

    assert acting.client.post("/replay", data=form, headers=header).status_code == 403
    assert counts() == (0, 3)


@pytest.mark.parametrize(("content", "kind", "status"), [
    (b"a" * 100_000, "application/x-www-form-urlencoded", 413),
    (b'{"csrf": "x"}', "application/json", 415),
    (b"csrf=x", "text/plain", 415),
    (b"csrf=\xff", "application/x-www-form-urlencoded", 415),
    (b"&".join(b"a%d=b" % number for number in range(100)), "application/x-www-form-urlencoded", 400),
])  # fmt: skip
def test_what_is_no_form_does_nothing(acting: Opened, content: bytes, kind: str, status: int) -> None:
    answer = acting.client.post("/replay", content=content, headers={"content-type": kind})

    assert answer.status_code == status


@pytest.mark.usefixtures("three")
def test_only_one_replay_runs_and_it_can_be_stopped(acting: Opened) -> None:
    page, other = dry_run_of(acting), dry_run_of(acting)
    answer = acting.client.post("/replay", data=fields(page) | {"rate": "0.5", "sure": "yes"})
    where = answer.headers["location"]

    refused = acting.client.post("/replay", data=fields(other) | {"rate": "5", "sure": "yes"})
    acting.site.failures.forget()
    meanwhile = text_of(acting.client.get("/failures").text)
    stop = fields(acting.client.get(where).text)
    stopped = acting.client.post(f"{where}/stop", data=stop)
    words = eventually(lambda: _with(acting, where, "Stopped:"), "the stop")

    assert refused.status_code == 409
    assert "A replay is running" in meanwhile
    assert "are read again when it has ended" in meanwhile
    assert "did not answer" not in meanwhile
    assert "BusyError" not in meanwhile
    assert stopped.status_code == 303
    assert "of 3 sent" in words
    waiting, dead = counts()
    assert waiting + dead == 3
    assert dead >= 1
    assert [line["action"] for line in audited(acting)] == ["replay", "stop replay", "replay ended"]


@pytest.mark.usefixtures("three")
def test_a_replay_that_cannot_be_written_down_is_not_done(acting: Opened) -> None:
    form = fields(dry_run_of(acting)) | {"rate": "5", "sure": "yes"}
    acting.audit.unlink()
    acting.audit.mkdir()

    answer = acting.client.post("/replay", data=form)

    assert answer.status_code == 503
    assert "The audit log cannot be written" in answer.text
    assert counts() == (0, 3)


@pytest.mark.usefixtures("three")
def test_a_stop_that_cannot_be_written_down_is_not_done(acting: Opened) -> None:
    begun = acting.client.post("/replay", data=fields(dry_run_of(acting)) | {"rate": "0.5", "sure": "yes"})
    where = begun.headers["location"]
    form = fields(acting.client.get(where).text)
    acting.audit.unlink()
    acting.audit.mkdir()

    refused = acting.client.post(f"{where}/stop", data=form)
    acting.audit.rmdir()
    going = acting.site.replays.running
    acting.client.post(f"{where}/stop", data=form)
    eventually(lambda: _with(acting, where, "Stopped:"), "the stop")

    assert refused.status_code == 503
    assert "The audit log cannot be written" in refused.text
    assert going


@pytest.mark.parametrize("page", ["/replay", "/replays/a1/stop"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_is_answered(acting: Opened, page: str, method: str) -> None:
    answer = acting.client.request(method, page)

    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers

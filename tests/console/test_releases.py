"""Did it begin with a release? Charts mark when releases began to run."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery_platform.console.serve import Options
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually
from tests.observability.harness.late_tasks import with_late_tasks

from .conftest import Opened, opened
from .inside import EMPTY, filled, forget_releases, inside, say_begun
from .pages import links, text_of
from .test_failures import causes

MARK = re.compile(r"<title>Release (\w+) began to run at [\d-]+ [\d:]+Z</title>")


@contextmanager
def begun(*releases: tuple[str, float]) -> Iterator[None]:
    """Releases that began to run so many seconds ago, and no others."""
    forget_releases()
    say_begun(*releases)
    yield
    forget_releases()


def cause_of(console: Opened) -> str:
    """The page of the one cause of the queue quick."""
    (cause,) = links(causes(console, 1, "?queue=quick"), "/failures/causes/")
    return console.client.get(cause).text


def test_the_page_of_a_cause_marks_the_release_after_which_its_messages_failed(
    plain_redis: TestEnvironment, console: Opened
) -> None:
    filled(plain_redis, "marked", count=3)
    with begun(("oldest", 5000), ("newest", 290)):
        page = cause_of(console)

    assert MARK.findall(page) == ["newest"], "the other began before the time that is shown"
    assert re.search(r'<rect class="bar"[^>]*><title>[^<]*: [123] messages</title>', page)
    assert "The first failed 4m after release newest began to run." in text_of(page)
    assert " style=" not in page
    plain_redis.python(EMPTY)


def test_where_no_worker_says_what_it_runs_the_page_of_a_cause_says_so(
    plain_redis: TestEnvironment, console: Opened
) -> None:
    filled(plain_redis, "unmarked", count=1)
    with begun():
        page = cause_of(console)

    assert "No worker has said which release it runs." in text_of(page)
    assert "<svg" in page
    plain_redis.python(EMPTY)


@pytest.fixture
def prometheus(plain_redis: TestEnvironment, tmp_path: Path) -> Iterator[str]:
    """The URL of a Prometheus that knows how long the queue quick was."""
    with inside(plain_redis):
        late = {runtime().environment.queues["quick"].name: 0.0}
    with with_late_tasks(plain_redis.resolved, tmp_path, late, alerting=False) as made:
        yield made.prometheus


def test_the_page_of_a_queue_marks_a_release_on_its_backlog(
    plain_redis: TestEnvironment, prometheus: str, tmp_path: Path
) -> None:
    with inside(plain_redis), begun(("before", 8 * 3600), ("within", 1800)):
        console = opened(Options(audit_log=tmp_path / "audit", prometheus=prometheus))

        page = eventually(lambda: _with(console, "<svg"), "the chart")

    assert MARK.findall(page) == ["within"]
    assert "At most 500 messages; each bar is of 6m." in text_of(page)


def _with(console: Opened, text: str) -> str:
    page = console.client.get("/queues/quick").text
    return page if text in page else ""


def test_a_prometheus_that_is_away_leaves_the_backlog_unknown(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    with inside(plain_redis):
        console = opened(Options(audit_log=tmp_path / "audit", prometheus="http://127.0.0.1:9"))

        page = eventually(lambda: _with(console, "Its last hours are not known: "), "the problem")

    assert "Numbers" in text_of(page), "the rest is shown"


def test_without_a_prometheus_the_backlog_is_said_to_be_unknown(console: Opened) -> None:
    page = eventually(lambda: _with(console, "Its last hours are not known: "), "the page with the queue's state")

    assert "Its last hours are not known: the console was started without --prometheus" in text_of(page)

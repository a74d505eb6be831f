"""Is all well? The page says what `app status` says, and what of it needs a person."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from celery_platform.application.loading import platform_alone
from celery_platform.console.serve import Options
from celery_platform.observability.alerts.error_budget import FAST, late_ratio
from celery_platform.observability.status.poll import Poller
from celery_platform.observability.status.snapshot import Snapshot
from celery_platform.settings import runtime
from httpx2 import Response

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually
from tests.observability.harness.late_tasks import with_late_tasks

from .conftest import Opened, opened
from .inside import EMPTY, filled, inside
from .pages import links, text_of


def test_dead_lettered_messages_and_a_backlog_are_on_the_page(on_each: TestEnvironment, tmp_path: Path) -> None:
    filled(on_each, "seen", count=2)
    with inside(on_each):
        for _ in range(3):
            platform_alone().send_task("exercises.quick.double", (1,))
        console = opened(Options(audit_log=tmp_path / "audit"))

        page = eventually(lambda: _page(console, "3 messages wait"), "the backlog")

    assert "quick: 2 dead-lettered messages" in page
    assert "effects: 2 dead-lettered messages" in page
    assert "No: " in page
    on_each.python(EMPTY)


def _page(console: Opened, text: str) -> str:
    """The page when it has this text. SQS counts approximately, and catches up."""
    console.site.overview.forget()
    page = text_of(console.client.get("/").text)
    return (
        page if text in page.replace("3 messages wait, and no worker drains the queue", text) or " 3 " in page else ""
    )


def test_an_empty_environment_without_workers_says_which_workers_are_missing(
    plain_redis: TestEnvironment, console: Opened
) -> None:
    plain_redis.python(EMPTY)

    page = text_of(console.client.get("/").text)

    assert "Pool cpu: 0 of 1 worker answer" in page
    assert "dead-lettered messages" not in page.partition("Queues")[0]


def test_a_broker_that_is_away_is_said_and_the_rest_is_shown(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    away = plain_redis.variant(tmp_path, broker_url="redis://user:hunter2@127.0.0.1:9/0")
    with inside(away):
        console = opened(Options(audit_log=tmp_path / "audit"))

        answer = console.client.get("/")

    assert answer.status_code == 200
    page = text_of(answer.text)
    assert "The broker cannot be polled" in page
    assert "hunter2" not in answer.text
    assert "Pools" in page
    assert "cpu" in page


def test_every_other_page_is_shown_while_broker_and_store_are_away(
    plain_redis: TestEnvironment, tmp_path: Path
) -> None:
    nowhere = "redis://127.0.0.1:9/0"
    with inside(plain_redis.variant(tmp_path, broker_url=nowhere, results_url=nowhere)):
        console = opened(Options(audit_log=tmp_path / "audit"))

        for page in ("/", "/failures", "/queues", "/queues/quick", "/workers", "/schedule"):
            answer = eventually(partial(_with_problem, console, page), f"{page} with its problem", 90)
            assert answer.status_code == 200, page
            assert "<nav" in answer.text


def _with_problem(console: Opened, page: str) -> Response | None:
    """The page once it says what does not answer."""
    answer = console.client.get(page)
    words = ("cannot", "did not answer", "could not", "not known")
    return answer if any(word in answer.text for word in words) else None


def test_many_viewers_are_one_question(console: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    poll = Poller.poll

    def counted(poller: Poller) -> Snapshot:
        asked.append(1)
        return poll(poller)

    monkeypatch.setattr(Poller, "poll", counted)
    for _ in range(20):
        assert console.client.get("/").status_code == 200

    assert len(asked) == 1


def test_a_page_that_is_open_updates_itself_until_it_is_told_not_to(console: Opened) -> None:
    assert 'hx-trigger="every 5s"' in console.client.get("/").text
    assert "hx-trigger" not in console.client.get("/?live=0").text


@pytest.mark.parametrize(("page", "still"), [
    ("/?all=1", "/?all=1&live=0"), ("/failures?queue=quick", "/failures?queue=quick&live=0"), ("/", "/?live=0"),
])  # fmt: skip
def test_a_page_that_stops_to_update_shows_the_same(console: Opened, page: str, still: str) -> None:
    assert links(console.client.get(page).text, still) == [still]
    assert page in links(console.client.get(still).text, page)


def test_the_environment_and_its_broker_are_named(console: Opened) -> None:
    html = console.client.get("/").text

    assert runtime().environment.name in html
    assert "<title>Is all well? · local</title>" in html


@pytest.fixture
def prometheus(plain_redis: TestEnvironment, tmp_path: Path) -> Iterator[str]:
    """The URL of a Prometheus that knows of late tasks in the queue quick."""
    with inside(plain_redis):
        late = {runtime().environment.queues["quick"].name: 0.2}
    with with_late_tasks(plain_redis.resolved, tmp_path, late) as made:
        eventually(lambda: made.query(late_ratio(FAST.long)), "the recording rules", 60)
        yield made.prometheus


def test_error_budgets_are_beside_the_wait_where_there_is_a_prometheus(
    plain_redis: TestEnvironment, prometheus: str, tmp_path: Path
) -> None:
    with inside(plain_redis):
        console = opened(Options(audit_log=tmp_path / "audit", prometheus=prometheus))

        overview, quick, effects = (console.client.get(page).text for page in ("/", "/queues/quick", "/queues/effects"))

    row = re.search(r'<a id="queue-quick".*?</tr>', overview, re.DOTALL)
    assert row
    assert re.search(r'<strong class="urgent">(19|20)\.\d</strong></td><td class="number">3\.\d</td>', row[0])
    assert "Burn 1h Burn 6h" in text_of(overview)
    assert re.search(r"Error budget burn rate (19|20)\.\d in 1h, 3\.\d in 6h\.", text_of(quick))
    assert "burn rate - in 1h, - in 6h. At a burn rate of 1, the error budget (1 % of tasks" in text_of(effects)


def test_without_a_prometheus_error_budgets_are_said_to_be_unknown(console: Opened) -> None:
    overview, quick = (text_of(console.client.get(page).text) for page in ("/", "/queues/quick"))

    assert "Alerts and error budgets are unknown: the console was started without --prometheus" in overview
    assert "Burn 1h" not in overview
    assert "Error budget not known: the console was started without --prometheus" in quick


def test_a_prometheus_that_does_not_answer_is_said(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    with inside(plain_redis):
        console = opened(Options(audit_log=tmp_path / "audit", prometheus="http://127.0.0.1:9"))

        page = text_of(console.client.get("/").text)

    assert "Prometheus does not answer at http://127.0.0.1:9" in page
    assert "Alerts and error budgets are unknown" in page

"""What happened to a task? As real workers leave it in the store, on each broker; and what a search finds."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from celery_platform.observability.timeline.event import Event, line_of
from celery_platform.observability.timeline.partitions import PARTITIONS, add_to, partition_of, timeline_key
from celery_platform.reliability.cancelling import cancelled_at, cancelled_key, let_run
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, slow_on_amazon_mq, token_of
from .pages import fields, links, text_of
from .test_hostile import BREAKERS, Dangerous

CHAIN = """
from exercises.quick import double
from celery import chain
sent = chain(double.si(1), double.si(2))()
print(sent.parent.id, sent.id)
"""
FAIL = "from exercises import probe; print(probe.second.delay({}, 'file').id)"


def kept(*events: Event) -> None:
    """Keep events as workers do."""
    with valkey().pipeline(transaction=False) as pipe:
        for event in events:
            for partition in {partition_of(event.id), partition_of(event.root or event.id)}:
                add_to(pipe, runtime().environment.prefix, {partition: [line_of(event).encode()]}, 100_000)
        pipe.execute()


def forgotten() -> None:
    """Forget what happened to all tasks."""
    valkey().delete(*(timeline_key(runtime().environment.prefix, each) for each in range(PARTITIONS)))


@pytest.fixture
def empty(console: Opened) -> Iterator[Opened]:
    """A console whose environment keeps nothing of any task at first."""
    forgotten()
    yield console
    forgotten()


def page_of(console: Opened, address: str) -> str:
    console.site.timelines.forget()
    console.site.searches.forget()
    answer = console.client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


@slow_on_amazon_mq
def test_a_page_says_what_happened_to_a_task_and_links_the_parts_of_its_canvas(
    on_each: TestEnvironment, acting_on_each: Opened
) -> None:
    with on_each.worker("io"):
        first, second = on_each.python(CHAIN).split()
        failed = on_each.python(FAIL)
        page = eventually(lambda: found_on(acting_on_each, first, second), "the canvas", 60)
        failure = eventually(lambda: found_on(acting_on_each, failed, "dead-lettered"), "the failure", 60)

    words = text_of(page)
    assert "sent for the first time" in words
    assert "began, from the queue quick" in words
    assert "succeeded" in words
    assert f"/tasks/{second}" in links(page, "/tasks/")
    assert "KeyError: 'number'" in text_of(failure)
    assert links(failure, "/failures/message") == [f"/failures/message?queue=quick&id={failed}"]


def found_on(console: Opened, task_id: str, text: str) -> str:
    """The page of a task once it has this text."""
    page = page_of(console, f"/tasks/{task_id}")
    return page if text in page else ""


def test_a_task_of_which_nothing_is_known_has_a_page_that_says_what_that_may_mean(empty: Opened) -> None:
    assert "Nothing is known of it. It has not begun" in text_of(page_of(empty, f"/tasks/{uuid.uuid4()}"))


NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
FOUND = {
    "id=first": ["first"], "task=orders.ship": ["second", "first"], "what=failed": ["second"],
    "queue=quick": ["second", "first"], "queue=slow": ["third"], "error=KeyError": ["second"],
    "since=2026-11-29T12:00:30": ["third", "second"], "until=2026-11-29T12:00:30": ["first"],
    "task=orders.ship&what=failed&error=no": ["second"], "task=nothing": [],
}  # fmt: skip


@pytest.mark.parametrize("asked", list(FOUND))
def test_a_search_finds_what_matches_the_newest_first(empty: Opened, asked: str) -> None:
    kept(
        Event(NOW, "first", "succeeded", "orders.ship", "quick", 1, root="third"),
        Event(NOW + 60, "second", "failed", "orders.ship", "quick", 1, error="KeyError: 'no'"),
        Event(NOW + 120, "third", "succeeded", "orders.bill", "slow", 1),
    )

    page = page_of(empty, f"/tasks?{asked}")

    assert [link.removeprefix("/tasks/") for link in links(page, "/tasks/")] == FOUND[asked]


def test_older_attempts_are_on_further_pages_each_once(empty: Opened) -> None:
    kept(*(Event(NOW + number // 3, f"t-{number}", "succeeded", "orders.ship", "quick", 1) for number in range(130)))
    page, address, shown = 0, "/tasks?task=orders", list[str]()
    while address and page < 9:
        html = page_of(empty, address)
        shown += [link.removeprefix("/tasks/t-") for link in links(html, "/tasks/t-")]
        older = re.search(r'id="older" href="([^"]*)"', html)
        page, address = page + 1, unescape(older[1]) if older else ""

    assert page == 3
    assert sorted(map(int, shown)) == list(range(130))


@pytest.mark.parametrize(("asked", "status"), [
    ("since=yesterday", 400), ("before=x", 400), ("before=nan", 400), ("queue=nowhere", 404),
    ("since=9999-12-31T23:59", 200), ("what=nothing", 200), (f"id={'x' * 5_000}", 200),
])  # fmt: skip
def test_what_cannot_be_searched_for_is_refused_in_words(empty: Opened, asked: str, status: int) -> None:
    assert empty.client.get(f"/tasks?{asked}").status_code == status


def test_a_whole_id_leads_to_the_page_of_its_task(empty: Opened) -> None:
    task_id = str(uuid.uuid4())

    assert empty.client.get(f"/tasks?id={task_id}").headers["location"] == f"/tasks/{task_id}"


TEXTS = ("id", "what", "task", "queue", "worker", "root", "parent", "error", "trace")


def test_nothing_that_a_message_says_is_run_by_a_browser(empty: Opened) -> None:
    for number, text in enumerate(BREAKERS):
        event = Event(NOW + number, f"i-{number}", "failed", "a.b", "quick", 1)
        places: list[dict[str, Any]] = [{field: text} for field in TEXTS]
        kept(*(event._replace(**place) for place in places))
    pages = {"/tasks": page_of(empty, "/tasks")}
    for link in {*links(pages["/tasks"], "/tasks/"), *(f"/tasks/i-{number}" for number in range(len(BREAKERS)))}:
        pages[link] = page_of(empty, link)

    assert len(pages) > len(BREAKERS)
    for page, html in pages.items():
        assert Dangerous(html).found == [], page
        assert str(7919 * 7907) not in html, page
        assert not any(character in html for character in "\x00\u202e\u2028\ud800"), page
        assert len(html) < 200_000, page


def test_lines_that_are_no_events_hide_no_other(empty: Opened) -> None:
    wrong = ["", "x", "[]", "{}", "[1]", "[1,2,3]", "null", '["a","i-1"]', "[1e400]", "[" * 10_000,
             json.dumps([1, "i-1", "failed", {}, [], "x", None, None, None, "a", [], {}, True, 1, 1]),
             "9" * 400, "[" + "9" * 400 + ',"i-1"]', json.dumps([1, "i-1"] + ["x" * 10_000] * 13)]  # fmt: skip
    kept(Event(NOW, "i-1", "succeeded", "orders.ship", "quick", 1))
    for partition in range(PARTITIONS):
        valkey().rpush(timeline_key(runtime().environment.prefix, partition), *wrong)

    assert "orders.ship" in text_of(page_of(empty, "/tasks"))
    assert "orders.ship" in text_of(page_of(empty, "/tasks/i-1"))


def test_a_page_says_that_the_store_is_away(empty: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("the store is away")

    for module in ("reading", "search"):
        monkeypatch.setattr(f"celery_platform.observability.timeline.{module}.lines_backwards", away)

    for address in ("/tasks", "/tasks/i-1"):
        assert "did not answer" in text_of(page_of(empty, address)), address


@pytest.fixture
def cancelling_all(acting: Opened) -> Iterator[Opened]:
    """A console with actions, in whose environment no task is cancelled before or afterwards."""
    yield acting
    valkey().delete(cancelled_key(runtime().environment.prefix))


@slow_on_amazon_mq
def test_a_task_is_cancelled_once_and_that_is_written_down(acting_on_each: Opened) -> None:
    task_id = str(uuid.uuid4())
    form = fields(page_of(acting_on_each, f"/tasks/{task_id}")) | {"sure": "yes", "reason": "sent twice"}

    answers = [acting_on_each.client.post("/tasks/cancel", data=form) for _ in range(2)]

    assert [(each.status_code, each.headers["location"]) for each in answers] == [(303, f"/tasks/{task_id}")] * 2
    assert cancelled_at(task_id) is not None
    page = page_of(acting_on_each, f"/tasks/{task_id}")
    assert "It is cancelled: no worker begins it." in text_of(page)
    assert "Cancel the task" not in page
    lines = [json.loads(line) for line in acting_on_each.audit.read_text().splitlines()]
    assert [(line["action"], line["task"], line["reason"]) for line in lines] == [("cancel", task_id, "sent twice")] * 2
    let_run(task_id)


@pytest.mark.parametrize(("change", "status"), [({"sure": ""}, 400), ({"csrf": ""}, 403), ({"id": ""}, 400),
                                                ({"id": "x" * 201}, 400)])  # fmt: skip
def test_a_cancellation_that_is_not_asked_for_rightly_does_nothing(
    cancelling_all: Opened, change: dict[str, str], status: int
) -> None:
    form = {"csrf": token_of(cancelling_all), "sure": "yes", "id": "i-1"} | change

    assert cancelling_all.client.post("/tasks/cancel", data=form).status_code == status
    assert not valkey().exists(cancelled_key(runtime().environment.prefix))


def test_a_read_only_console_cancels_nothing_and_shows_the_command(empty: Opened) -> None:
    form = {"csrf": token_of(empty), "sure": "yes", "id": "i-1"}

    assert "<code>app cancel -- i-1</code>" in page_of(empty, "/tasks/i-1")
    assert "Cancel the task" not in page_of(empty, "/tasks/i-1")
    assert empty.client.post("/tasks/cancel", data=form).status_code == 403
    assert cancelled_at("i-1") is None


def test_a_task_that_has_ended_cannot_be_cancelled(empty: Opened) -> None:
    kept(Event(NOW, "i-1", "succeeded", "orders.ship", "quick", 1))

    assert "app cancel" not in page_of(empty, "/tasks/i-1")


def test_the_search_of_a_full_store_is_bounded(empty: Opened) -> None:
    began = time.process_time()
    for batch in range(20):
        kept(*(Event(NOW + n, f"{batch}-{n}", "succeeded", "orders.ship", "quick", 1) for n in range(1_000)))
    filled = time.process_time() - began

    began = time.process_time()
    page_of(empty, "/tasks?error=nothing")
    searched = time.process_time() - began

    assert searched < filled, "twenty thousand lines are looked through faster than they are written"

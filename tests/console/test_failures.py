"""What failed? Dead-lettered messages by cause, the messages of one, and one message."""

import json
from pathlib import Path
from typing import Any

import pytest
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.console.pages import failures
from celery_platform.console.serve import Options, queues_to_read
from celery_platform.console.state.failures import reading
from celery_platform.console.state.failures.index import Index
from celery_platform.console.state.overview import Overview
from celery_platform.console.state.shared import Seen
from celery_platform.observability.status.snapshot import QueueState, Snapshot
from celery_platform.settings import runtime

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, opened, slow_on_amazon_mq
from .inside import EMPTY, emptied, filled, inside, pushed
from .pages import links, text_of
from .test_hostile import envelope


def causes(console: Opened, count: int, query: str = "") -> str:
    """The page with so many causes; SQS counts approximately, and catches up."""

    def looked() -> str:
        console.site.overview.forget()
        console.site.failures.forget()
        page = console.client.get(f"/failures{query}").text
        return page if len(links(page, "/failures/causes/")) == count else ""

    return eventually(looked, f"{count} causes")


@slow_on_amazon_mq
def test_messages_are_grouped_by_cause_and_one_is_shown_whole(on_each: TestEnvironment, tmp_path: Path) -> None:
    filled(on_each, "whole", count=3)
    with inside(on_each):
        console = opened(Options(audit_log=tmp_path / "audit"))
        page = causes(console, 2)
        (link,) = links(causes(console, 1, "?queue=quick"), "/failures/causes/")
        cause = console.client.get(link).text
        messages = links(cause, "/failures/message")
        shown = text_of(console.client.get(messages[0]).text)
        again = causes(console, 2)

    assert "PermanentError: refused" in text_of(page)
    assert len(messages) == 3
    assert "Attempts 9" in shown
    assert "exercises.quick.note" in shown
    assert '"whole"' in shown, "its arguments"
    assert '"password": "[redacted]"' in shown
    assert "hunter2" not in shown
    assert "Traceback" in shown
    assert "What would a replay do?" in shown
    assert text_of(again).count("refused") == text_of(page).count("refused"), "looking changes nothing"
    on_each.python(EMPTY)


@pytest.mark.usefixtures("console")
@pytest.mark.parametrize(("asking", "read"), [(False, 0), (True, 1)], ids=["the newest poll", "an older poll"])
def test_a_queue_that_the_newest_poll_found_empty_is_not_read(asking: bool, read: int) -> None:
    queues = {label: QueueState(0, 0, None, 0, 1) for label in runtime().environment.queues}
    polled = Overview(Snapshot("local", "redis", 0.0, True, queues, {}), None)

    found = queues_to_read(runtime(), Seen(polled, 0.0, asking=asking))

    assert len(found) == read * len(queues)


def test_nothing_that_failed_is_said(plain_redis: TestEnvironment, console: Opened) -> None:
    plain_redis.python(EMPTY)

    assert "no message is dead-lettered" in text_of(causes(console, 0))


def test_queues_that_cannot_be_read_are_not_called_empty(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    nowhere = "redis://127.0.0.1:9/0"
    with inside(plain_redis.variant(tmp_path, broker_url=nowhere)):
        console = opened(Options(audit_log=tmp_path / "audit"))
        console.site.failures.look(wait=90)

        page = text_of(console.client.get("/failures").text)

    assert "A queue could not be read" in page
    assert "no message is dead-lettered" not in page


def test_a_queue_that_was_not_read_any_more_is_not_called_empty(
    console: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied()
    pushed(envelope({"id": "m-1", "task": "a.b"}), envelope({"id": "m-2", "task": "a.b"}))
    monkeypatch.setattr(reading, "MOST_MESSAGES", 1)  # a console reads a hundred thousand
    console.site.failures.look(wait=60)

    page = text_of(console.client.get("/failures?queue=effects").text)

    assert "There are more messages: the first 1 were read" in page
    assert "no message is dead-lettered" not in page
    emptied()


@pytest.mark.parametrize(("page", "said"), [
    ("/failures?queue=nowhere", "no queue of this name"),
    ("/failures/causes/0123456789", "has this cause any more"),
    ("/failures/message?queue=quick&id=nobody", "has this id"),
    ("/failures/message", "has this id"),
    ("/queues/nowhere", "no queue of this name"),
    ("/replays/nothing", "knows no such replay"),
    ("/nowhere", "There is nothing here"),
])  # fmt: skip
def test_what_is_not_there_is_said(console: Opened, page: str, said: str) -> None:
    answer = console.client.get(page)

    assert answer.status_code == 404
    assert said in text_of(answer.text)


@pytest.mark.parametrize(("shown", "said"), [(2, True), (3, False)])
def test_no_cause_is_left_out_without_a_word(
    console: Opened, monkeypatch: pytest.MonkeyPatch, shown: int, said: bool
) -> None:
    emptied()
    pushed(*(envelope({"id": f"m-{number}", "task": f"a.t{number}"}) for number in range(3)))
    monkeypatch.setattr(failures, "SHOWN_CAUSES", shown)  # the page shows hundreds

    page = causes(console, shown)

    assert ("and more, each with no more messages" in text_of(page)) is said
    emptied()


def index_of(*messages: tuple[dict[str, Any], Any]) -> Index:
    index = Index()
    for headers, body in messages:
        index.add(dead_lettered_message("quick", headers, body, {}, max_deliveries=5))
    return index


def failed(number: int, **headers: Any) -> tuple[dict[str, Any], Any]:
    base = {"id": f"m-{number}", "task": "a.b", "x-dead-letter-reason": f"KeyError: order {number}",
            "x-dead-letter-attempts": 3, "x-dead-letter-at": 1_000.0 + number}  # fmt: skip
    return base | headers, [[number], {}, {}]


def test_causes_are_counted_with_their_first_and_last_time() -> None:
    index = index_of(*(failed(number) for number in range(10)), failed(11, task="c.d"))

    first, second = index.causes()
    assert (first.task, first.count, first.first_at, first.last_at) == ("a.b", 10, 1_000.0, 1_009.0)
    assert (second.task, second.count) == ("c.d", 1)
    assert index.causes("another") == []


def test_messages_come_a_page_at_a_time_the_newest_first() -> None:
    index = index_of(*(failed(number) for number in range(10)))
    key = index.causes()[0].key

    assert [each.id for each in index.messages(key, offset=0, limit=3)] == ["m-9", "m-8", "m-7"]
    assert [each.id for each in index.messages(key, offset=9, limit=3)] == ["m-0"]


def test_what_a_task_returned_and_its_arguments_as_text_are_redacted_by_their_names() -> None:
    headers = {"x-returned": json.dumps({"iban": "DE00hunter2"}), "x-returned-of": "a.b[m-1]",
               "kwargsrepr": "{'iban': 'DE00hunter2'}", "argsrepr": "('DE00hunter2',)"}  # fmt: skip
    index = index_of(failed(1, **headers))

    (shown,) = index.details("quick", "m-1")
    assert "hunter2" not in shown.headers
    assert "[redacted]" in shown.headers

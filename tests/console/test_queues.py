"""Why is it late? A queue's page, and pausing it and letting it go on."""

import json
from collections.abc import Iterator

import pytest
from celery_platform.application.loading import platform_alone
from celery_platform.reliability.pausing import pauses, resume

from .conftest import Opened, slow_on_amazon_mq, token_of
from .inside import emptied
from .pages import fields, text_of


@pytest.fixture
def going(acting: Opened) -> Iterator[Opened]:
    """A console with actions, none of whose queues is paused before or afterwards."""
    resume("quick")
    yield acting
    resume("quick")
    emptied()


def test_a_queue_is_paused_and_goes_on_and_both_are_written_down(acting_on_each: Opened) -> None:
    page = acting_on_each.client.get("/queues/quick").text
    paused = acting_on_each.client.post(
        "/queues/quick/pause", data=fields(page) | {"sure": "yes", "reason": "the relay refuses"}
    )
    kept = pauses()["quick"]
    page = acting_on_each.client.get("/queues/quick").text
    overview = text_of(acting_on_each.client.get("/").text)
    resumed = acting_on_each.client.post("/queues/quick/resume", data=fields(page) | {"sure": "yes"})

    assert (paused.status_code, resumed.status_code) == (303, 303)
    assert kept.reason == "the relay refuses"
    assert kept.by
    assert "It has been paused for" in text_of(page)
    assert "quick has been paused for" in overview
    assert pauses() == {}
    lines = [json.loads(line) for line in acting_on_each.audit.read_text().splitlines()]
    assert [(line["action"], line["queue"]) for line in lines] == [("pause", "quick"), ("resume", "quick")]


@pytest.mark.parametrize(("label", "change", "status"), [
    ("quick", {"sure": ""}, 400),
    ("quick", {"csrf": ""}, 403),
    ("nowhere", {}, 404),
])  # fmt: skip
def test_a_pause_that_is_not_asked_for_rightly_does_nothing(
    going: Opened, label: str, change: dict[str, str], status: int
) -> None:
    form = {"csrf": token_of(going), "sure": "yes"} | change

    assert going.client.post(f"/queues/{label}/pause", data=form).status_code == status
    assert pauses() == {}
    assert going.audit.read_text() == ""


def test_a_read_only_console_pauses_nothing(console: Opened) -> None:
    form = {"csrf": token_of(console), "sure": "yes"}

    assert "Pause the queue" not in console.client.get("/queues/quick").text
    assert console.client.post("/queues/quick/pause", data=form).status_code == 403
    assert pauses() == {}


@slow_on_amazon_mq
def test_why_a_queue_is_late_is_measured_and_said(acting_on_each: Opened) -> None:
    platform_alone().send_task("exercises.quick.double", (1,))

    assert "It is being measured" in text_of(acting_on_each.client.get("/queues/quick").text)
    acting_on_each.site.whys.of("quick").look(wait=30)
    page = text_of(acting_on_each.client.get("/queues/quick").text)

    assert "No worker of io has said anything for 20 s." in page
    assert "never, at these rates" in page


def test_a_queue_has_its_numbers_limits_and_pools(console: Opened) -> None:
    page = text_of(console.client.get("/queues/quick").text)

    assert "the objective is 60 s" in page
    assert "20 s soft" in page
    assert "io threads" in page

"""What is said of a task before somebody cancels it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from celery_platform.observability.timeline.cancellable import cancellable
from celery_platform.observability.timeline.event import Event
from celery_platform.observability.timeline.reading import Timeline
from celery_platform.observability.worker_reports import Running
from celery_platform.settings import runtime

EVENT = Event(
    1.5, "i-1", "failed", "orders.ship", "email", 2, "io-1@host", "r-1", "p-1", 1.0, 1.25, 1.375, 0.125,
    "KeyError: 'x'", "4bf92f35",
)  # fmt: skip


@pytest.mark.parametrize(("worker", "events", "said"), [
    ("io-5f1c@host", (), "no thread can be ended. It goes on, for"),
    ("", (EVENT._replace(what="dead_lettered"),), "It has ended"),
    ("", (EVENT._replace(what="retried"),), "The worker that takes its message revokes it"),
    ("", (), "The worker that takes its message revokes it"),
    ("gone-5f1c@host", (), "its pool cannot end a task"),
])  # fmt: skip
@pytest.mark.usefixtures("inside_sqs")
def test_what_cancelling_would_do_is_said(worker: str, events: tuple[Event, ...], said: str) -> None:
    running = Running("orders.ship", "i-1", "quick", datetime.now(UTC).timestamp()) if worker else None

    text = cancellable(Timeline("i-1", events, running, worker), runtime().environment).text
    assert said in text
    assert ("its canvas never runs" in text) == ("revokes" in said), "one that goes on sends what follows it"


@pytest.mark.usefixtures("inside_sqs")
def test_of_an_asyncio_pool_it_is_said_that_coroutines_alone_are_ended() -> None:
    environment = runtime().environment
    pools = {"io": replace(environment.pools["io"], type="asyncio")}
    running = Running("orders.ship", "i-1", "quick", datetime.now(UTC).timestamp())

    text = cancellable(Timeline("i-1", (), running, "io-5f1c@host"), replace(environment, pools=pools)).text

    assert "a coroutine ends within a few seconds. A plain task goes on, for" in text

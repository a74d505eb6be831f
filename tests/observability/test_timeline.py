"""What is kept of tasks: each event once where it is looked for, bounded, without secrets, and never waited for."""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from celery.app.task import Context
from celery.exceptions import Retry
from celery_platform.observability import counts
from celery_platform.observability.outcome import Outcome
from celery_platform.observability.timeline import gathering
from celery_platform.observability.timeline.event import MOST_CHARACTERS, Event, event_of, line_of, plain
from celery_platform.observability.timeline.gathering import Events, event_of_outcome
from celery_platform.observability.timeline.partitions import PARTITIONS, partition_of, timeline_key
from celery_platform.observability.timeline.reading import Timeline, timeline
from celery_platform.observability.timeline.steps import steps, trace_address
from celery_platform.observability.worker_reports import Running, WorkerReport
from celery_platform.reliability.signals import events_dropped
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from redis import Redis

EVENT = Event(
    1.5, "i-1", "failed", "orders.ship", "email", 2, "io-1@host", "r-1", "p-1", 1.0, 1.25, 1.375, 0.125,
    "KeyError: 'x'", "4bf92f35",
)  # fmt: skip


def outcome(
    task_id: str = "i-1", state: str = "succeeded", error: BaseException | None = None, **about: Any
) -> Outcome:
    request = Context(
        {"id": task_id, "root_id": task_id, "retries": 0, "args": ["hunter2"], "hostname": "io-1@h"} | about
    )
    return Outcome("exercises.quick.double", task_id, state, request, 0.5, 0.25, error)


@pytest.fixture
def gathered(inside_sqs: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], counts.Gathered]]:
    """What a process gathers in an environment that keeps so many attempts; the store has no event at first."""
    del inside_sqs
    known = runtime()
    forget()

    def made(attempts: int) -> counts.Gathered:
        environment = replace(known.environment, timeline=replace(known.environment.timeline, attempts=attempts))
        monkeypatch.setattr(counts, "runtime", lambda: SimpleNamespace(environment=environment))
        found = counts.Gathered()
        monkeypatch.setattr(counts, "_gathered", found)
        return found

    yield made
    forget()


def forget() -> None:
    valkey().delete(*(timeline_key(runtime().environment.prefix, each) for each in range(PARTITIONS)))


def stored() -> list[Event]:
    """Every line of the store."""
    keys = [timeline_key(runtime().environment.prefix, each) for each in range(PARTITIONS)]
    lines: list[Any] = [line for key in keys for line in valkey().lrange(key, 0, -1)]
    return [event_of(line) for line in lines]


def test_an_event_is_read_as_it_was_written_and_a_later_release_may_write_more() -> None:
    assert event_of(line_of(EVENT)) == EVENT
    assert event_of(json.dumps([*json.loads(line_of(EVENT)), "more"])) == EVENT


@pytest.mark.parametrize("text", ["x" * 10_000_000, "\x00" * 5_000, "\ud800" * 5_000, "\N{GRINNING FACE}" * 5_000])
def test_a_line_is_bounded_whatever_somebody_sends(text: str) -> None:
    texts = {name: text for name, kind in Event.__annotations__.items() if kind is str}

    line = line_of(EVENT._replace(**texts))  # type: ignore[arg-type] # texts alone

    assert len(line) <= MOST_CHARACTERS
    assert event_of(line).at == EVENT.at


@pytest.mark.parametrize("wrong", [None, [], {"a": 1}, "x", float("nan"), float("inf"), 10**400, True, b"x"])
def test_headers_of_any_type_are_kept_as_far_as_they_mean_something(wrong: Any) -> None:
    names = ("root_id", "parent_id", "retries", "sent_at", "published_at", "eta", "hostname")
    events = Events()
    for name in names:
        events.add(event_of_outcome(outcome(**{name: wrong}), "email"))

    assert events.count == len(names)
    assert sum(len(lines) for lines in events._lines.values()) >= len(names)
    assert plain(EVENT._replace(root=7, sent="now")) == EVENT._replace(root="7", sent=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["sent_at", "published_at"])
@pytest.mark.parametrize("wrong", ["x" * 100_000, [0] * 100_000])
def test_a_long_header_in_place_of_a_time_takes_no_more_memory(name: str, wrong: Any) -> None:
    """A text times a thousand is a text: one of 100 KB took 100 MB."""
    event = event_of_outcome(outcome(**{name: wrong}), "email")
    tracemalloc.start()
    try:
        Events().add(event)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 10_000_000


def test_neither_arguments_nor_secrets_are_kept() -> None:
    errors = (ValueError("password=hunter2 at amqp://u:hunter2@host"), Retry(exc=ValueError("token: hunter2")))

    lines = [line_of(event_of_outcome(outcome(error=error, state="failed"), "email")) for error in errors]

    assert "ValueError" in lines[0]
    assert not any("hunter2" in line for line in lines)


def test_only_the_newest_are_kept(gathered: Callable[[int], counts.Gathered]) -> None:
    found = gathered(64)
    for number in range(2_000):
        counts._count(outcome(f"i-{number}"))
        if number % 100 == 99:
            found.send()

    events = stored()
    assert len(events) <= 64
    assert min(int(event.id.removeprefix("i-")) for event in events) > 1_500
    ttls = [valkey().ttl(timeline_key(runtime().environment.prefix, each)) for each in range(PARTITIONS)]
    assert all(0 < int(ttl) <= 7 * 86_400 for ttl in ttls)


def test_nothing_is_kept_where_the_environment_says_so(gathered: Callable[[int], counts.Gathered]) -> None:
    found = gathered(0)
    counts._count(outcome())
    found.send()

    assert stored() == []


def test_a_task_is_found_with_the_canvas_that_it_is_a_part_of(gathered: Callable[[int], counts.Gathered]) -> None:
    found = gathered(10_000)
    parts = [f"part-{number}" for number in range(20)]
    counts._count(outcome("root"))
    for part in parts:
        counts._count(outcome(part, root_id="root", parent_id="root"))
    counts._count(outcome("other"))
    found.send()
    runs = Running("orders.ship", "part-21", "email", time.time(), "root")
    reports = [WorkerReport("io-1@h", "io", time.time(), 1, 1, 1, (runs,))]

    for task_id in ("root", "part-7"):
        told = timeline(task_id, reports)
        assert [event.id for event in told.events] == [task_id]
        assert {part.id for part in told.parts} == {"root", *parts, "part-21"}, "each once, and no other task"
        assert next(part.what for part in told.parts if part.id == "part-21") == "running"
    copies = sum(partition_of(part) != partition_of("root") for part in parts)
    assert len(stored()) == 22 + copies


def test_what_many_tasks_did_takes_few_commands(gathered: Callable[[int], counts.Gathered]) -> None:
    found = gathered(10_000)

    def pushes() -> int:
        stats: Any = valkey().info("commandstats")
        return int(stats.get("cmdstat_rpush", {"calls": 0})["calls"])

    before = pushes()
    for number in range(600):
        counts._count(outcome(f"i-{number}"))
    found.send()

    assert pushes() - before <= PARTITIONS


def test_events_are_dropped_and_counted_while_the_store_is_away(
    gathered: Callable[[int], counts.Gathered], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[int] = []

    def note(number: int = 0, **_: Any) -> None:
        dropped.append(number)

    events_dropped.connect(note)
    found = gathered(10_000)
    monkeypatch.setattr(counts, "valkey", lambda: Redis(port=1))  # nobody listens there
    monkeypatch.setattr(gathering, "MOST_WAITING", 5)
    for number in range(8):
        counts._count(outcome(f"i-{number}"))
    found.send()
    found.send()

    assert dropped == [8]


def test_the_steps_of_a_task_are_in_their_order_and_each_is_told_once() -> None:
    first = Event(
        12.0, "i", "retried", "t", "email", 1, "io-1@h", sent=1.0, published=1.0, due=10.0, seconds=1.0, error="E"
    )
    again = Event(30.0, "i", "failed", "t", "email", 2, "io-2@h", sent=1.0, published=12.0, due=20.0, seconds=2.0)
    settled = Event(30.5, "i", "dead_lettered", "t")

    told = steps(Timeline("i", (first, again, settled)))

    assert [(step.at, step.what, step.attempt) for step in told] == [
        (1.0, "sent", 0), (10.0, "due", 1), (11.0, "began", 1), (12.0, "retried", 1), (12.0, "published", 2),
        (20.0, "due", 2), (28.0, "began", 2), (30.0, "failed", 2), (30.5, "dead_lettered", 0),
    ]  # fmt: skip
    assert [step.seconds for step in told if step.what == "began"] == [1.0, 8.0], (
        "how long each waited after it was due"
    )


def test_a_trace_has_an_address_where_the_environment_has_one() -> None:
    link = "https://traces.example.com/{trace_id}"

    assert trace_address(link, "4bf92f35") == "https://traces.example.com/4bf92f35"
    assert (trace_address(None, "4bf92f35"), trace_address(link, ""), trace_address(link, "/../x")) == ("", "", "")

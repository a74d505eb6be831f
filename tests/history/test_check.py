"""The checker finds nothing in a history that is well, and finds each thing that is made wrong in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import check as checker
from .check import check
from .events import Event, Kind, Recorder, read

Events = list[Event]


def attempt(message: str, worker: str, state: str, settlement: str, effect: str = "") -> Events:
    """The events of a delivery to a worker that lives."""
    effects = [Event(Kind.EFFECT, message, worker=worker, what=effect)] if effect else []
    return [
        Event(Kind.STARTED, message, worker=worker),
        *effects,
        Event(Kind.ENDED, message, worker=worker, what=state),
        Event(Kind.SETTLED, message, worker=worker, what=settlement),
    ]


def published(message: str, steps: tuple[str, ...] = ()) -> Event:
    return Event(Kind.PUBLISHED, message, steps=steps)


def done(message: str) -> Events:
    return [published(message), *attempt(message, "w1", "SUCCESS", "done", f"effect of {message}")]


def retried(message: str) -> Events:
    second = attempt(message, "w2", "SUCCESS", "done", f"effect of {message}")
    return [published(message), *attempt(message, "w1", "RETRY", "retried"), *second]


def failed(message: str) -> Events:
    attempts = attempt(message, "w2", "FAILURE", "dead_lettered")
    return [published(message), *attempts, Event(Kind.DEAD_LETTERED, message)]


def waiting(message: str) -> Events:
    return [published(message), Event(Kind.WAITING, message)]


def expired(message: str) -> Events:
    return [published(message), Event(Kind.SETTLED, message, worker="w1", what="expired")]


def killed_within(message: str) -> Events:
    """Its worker was killed after the effect: another found that it had happened."""
    worker = f"k-{message}"
    return [
        published(message),
        Event(Kind.STARTED, message, worker=worker),
        Event(Kind.EFFECT, message, worker=worker, what=f"effect of {message}"),
        Event(Kind.KILLED, worker=worker),
        *attempt(message, "w2", "SUCCESS", "done"),
    ]


def killed_unacknowledged(message: str) -> Events:
    """Its worker was killed when it was done, before the broker heard of it."""
    worker = f"k-{message}"
    return [
        published(message),
        *attempt(message, worker, "SUCCESS", "done", f"effect of {message}"),
        Event(Kind.KILLED, worker=worker),
        *attempt(message, "w1", "SUCCESS", "done"),
    ]


def asked_again(message: str) -> Events:
    """Its worker was killed after the effect, before it could note that it had happened."""
    return [*killed_within(message)[:4], *attempt(message, "w1", "SUCCESS", "done", f"effect of {message}")]


def given_back(message: str) -> Events:
    """It went back with its connection, before anybody had begun it and again when a child just had."""
    back = Event(Kind.SETTLED, message, worker="w1", what="given_back")
    return [published(message), back, Event(Kind.STARTED, message, worker="w1"), back, *done(message)[1:]]


def chain(message: str) -> Events:
    second, third = f"{message}.2", f"{message}.3"
    return [
        published(message, (second, third)),
        *attempt(message, "w1", "SUCCESS", "done"),
        *attempt(second, "w2", "SUCCESS", "done"),
        *attempt(third, "w1", "SUCCESS", "done"),
    ]


def chain_with_a_refused_step(message: str) -> Events:
    events = [published(message, (f"{message}.2",)), *attempt(message, "w1", "SUCCESS", "dead_lettered")]
    return [*events, Event(Kind.DEAD_LETTERED, message)]


def chain_published_twice(message: str) -> Events:
    """The first step's worker was killed when the second was published, before the broker heard that it is done."""
    worker, second = f"k-{message}", f"{message}.2"
    return [
        published(message, (second,)),
        *attempt(message, worker, "SUCCESS", "done"),
        Event(Kind.KILLED, worker=worker),
        *attempt(second, "w1", "SUCCESS", "done"),
        *attempt(message, "w2", "SUCCESS", "done"),
        *attempt(second, "w2", "SUCCESS", "done"),
    ]


def published_again(message: str) -> Events:
    """Its confirmation was lost: two messages of one task id."""
    return [
        *done(message)[1:],
        Event(Kind.PUBLISHED, message, what="again"),
        *attempt(message, "w2", "SUCCESS", "done"),
    ]


def failed_chain(message: str) -> Events:
    return [*failed(message)[1:], published(message, (f"{message}.2",))]


WELL = (
    done, retried, failed, waiting, expired, killed_within, killed_unacknowledged, asked_again, given_back, chain,
    failed_chain, chain_with_a_refused_step, chain_published_twice, published_again,
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> Events:
    """Messages of all kinds at the same time, written down in any order."""
    lives = draw(st.lists(st.sampled_from(WELL), max_size=8))
    events = []
    for number, life in enumerate(lives):
        begin, step = draw(st.floats(0, 50)), draw(st.floats(0.001, 5))
        events += timed(life(f"m{number}"), begin, step)
    return draw(st.permutations(events))


def timed(events: Events, begin: float, step: float) -> Events:
    return [replace(event, at=begin + step * number) for number, event in enumerate(events)]


@given(histories())
def test_a_history_that_is_well_has_no_anomaly(history: Events) -> None:
    assert check(history) == []


def without(events: Events, *kinds: Kind) -> Events:
    return [event for event in events if event.kind not in kinds]


def lost(message: str) -> Events:
    return without(done(message), Kind.STARTED, Kind.ENDED, Kind.EFFECT, Kind.SETTLED)


def lost_after_a_retry(message: str) -> Events:
    return retried(message)[:4]


def lost_with_its_worker(message: str) -> Events:
    return killed_within(message)[:4]


def doubled_effect(message: str) -> Events:
    return [*killed_unacknowledged(message)[:-4], *attempt(message, "w1", "SUCCESS", "done", f"effect of {message}")]


def unsettled(message: str) -> Events:
    return without(done(message), Kind.SETTLED)


def settled_twice(message: str) -> Events:
    return [*done(message), Event(Kind.SETTLED, message, worker="w1", what="done")]


def acknowledged_unrun(message: str) -> Events:
    return [published(message), Event(Kind.SETTLED, message, worker="w1", what="done")]


def acknowledged_early(message: str) -> Events:
    events = done(message)
    return [*events[:2], events[-1], *events[2:-1]]


def dead_lettered_unrun(message: str) -> Events:
    return [published(message), Event(Kind.DEAD_LETTERED, message)]


def ran_again(message: str) -> Events:
    return [*done(message), *attempt(message, "w2", "SUCCESS", "done")]


def step_missing(message: str) -> Events:
    return chain(message)[:-3]


PLANTED: list[tuple[Callable[[str], Events], str]] = [
    (lost, checker.LOST),
    (lost_after_a_retry, checker.LOST),
    (lost_with_its_worker, checker.LOST),
    (doubled_effect, checker.TWICE),
    (unsettled, checker.UNSETTLED),
    (settled_twice, checker.SETTLED_TWICE),
    (acknowledged_unrun, checker.EARLY),
    (acknowledged_unrun, checker.LOST),
    (acknowledged_early, checker.EARLY),
    (dead_lettered_unrun, checker.NEVER_RAN),
    (ran_again, checker.AGAIN),
    (step_missing, checker.STEP_MISSING),
]


@pytest.mark.parametrize(("life", "kind"), PLANTED)
@given(history=histories(), begin=st.floats(0, 50), step=st.floats(0.001, 5))
def test_what_is_wrong_with_one_message_is_found(
    life: Callable[[str], Events], kind: str, history: Events, begin: float, step: float
) -> None:
    found = check([*timed(life("planted"), begin, step), *history])

    assert kind in {anomaly.kind for anomaly in found}
    assert {anomaly.message.partition(".")[0] for anomaly in found} == {"planted"}


def test_an_acknowledgement_lost_in_an_outage_is_no_anomaly() -> None:
    events = timed(ran_again("m"), 0, 1)

    assert check([*events, Event(Kind.FAULT, at=6, until=7)]) != []
    assert check([*events, Event(Kind.FAULT, at=4, until=4.5)]) == []


def test_events_are_read_as_they_were_recorded(tmp_path: Path) -> None:
    Recorder(tmp_path).record(Kind.PUBLISHED, "a", steps=("b", "c"), at=2)
    Recorder(tmp_path).record(Kind.SETTLED, "a", worker="w1", what="done", at=3)
    Recorder(tmp_path).record(Kind.FAULT, at=1, until=4)

    assert read(tmp_path) == [
        Event(Kind.FAULT, at=1, until=4),
        Event(Kind.PUBLISHED, "a", 2, steps=("b", "c")),
        Event(Kind.SETTLED, "a", 3, "w1", "done"),
    ]

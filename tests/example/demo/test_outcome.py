"""The verdict finds what it is there to find."""

from collections import Counter

import pytest
from shop.demo import outcome as module
from shop.demo.outcome import Outcome, outcome
from shop.demo.work import Sent

CHARGES = [{"order_id": "o1"}, {"order_id": "o2"}, {"order_id": "somebody-else"}]


def judged(
    monkeypatch: pytest.MonkeyPatch, ends: list[tuple[str, str]], charges: list[dict[str, str]] = CHARGES, dead: int = 1
) -> Outcome:
    """A run of two orders and one task that must fail. The ledgers are stubs: a real gateway charges nothing twice."""
    monkeypatch.setattr(module, "_ledger", lambda name: charges if name == "charges" else [])
    records = [{"id": id_, "queue": "payments", "state": state, "seconds": 1.0} for id_, state in ends]
    sent = Sent("run", Counter({"a": 2, "b": 1, "bad": 1}), {"bad"}, {"o1", "o2"})
    return outcome(sent, records, {"payments": dead})


GOOD = [("a", "succeeded"), ("a", "succeeded"), ("b", "retried"), ("b", "succeeded"), ("bad", "failed")]


def test_a_run_as_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    result = judged(monkeypatch, GOOD)

    assert result.good
    assert (result.queues["payments"].tasks, result.queues["payments"].retries) == (4, 1)


@pytest.mark.parametrize("missing", [0, 3, 4])
def test_an_end_that_is_missing_is_a_lost_task(monkeypatch: pytest.MonkeyPatch, missing: int) -> None:
    result = judged(monkeypatch, GOOD[:missing] + GOOD[missing + 1 :])

    assert result.lost == {GOOD[missing][0]}
    assert not result.good


def test_an_order_charged_twice_is_a_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    result = judged(monkeypatch, GOOD, [*CHARGES, {"order_id": "o2"}])

    assert result.duplicates == 1
    assert not result.good


def test_an_order_that_never_arrived_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not judged(monkeypatch, GOOD, CHARGES[1:]).good


def test_a_failure_of_the_wrong_task_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    result = judged(monkeypatch, [*GOOD[:3], ("b", "failed"), ("bad", "succeeded")])

    assert result.unexpected_failures == {"b"}
    assert result.missing_failures == {"bad"}
    assert not result.good


def test_a_failure_without_a_dead_letter_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not judged(monkeypatch, GOOD, dead=0).good

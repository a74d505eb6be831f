"""Chords, which collect the results of many tasks."""

import pytest

from .contract import Contract, token


def test_a_chord_runs_its_body_once(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        contract.send(f"sheet({mine!r}, [1, 2, 3, 4])")
        (body,) = contract.said(mine, "body")

    assert body["total"] == 10
    assert contract.count(mine, "body") == 1


def test_a_failed_chord_calls_its_error_callback_once(contract: Contract) -> None:
    mine = token()
    with contract.worker():
        contract.send(f"sheet({mine!r}, [1, -1, 2])")
        contract.said(mine, "complaint")
        contract.said(mine, "part", 3)

    assert contract.count(mine, "complaint") == 1
    assert contract.count(mine, "body") == 0


@pytest.mark.short
def test_a_chord_without_results_is_refused(contract: Contract) -> None:
    mine, before = token(), contract.ready()
    refusal = contract.refusal(f"chord([note.s({mine!r}), note.s({mine!r})])(body.s({mine!r}))")

    assert refusal.startswith("RefusedMessageError expected contract.note to keep its result, as a part of a chord")
    assert contract.ready() == before

"""Who listens for what became of attempts hears of each of them once."""

from types import SimpleNamespace

import pytest
from celery_platform.observability import outcome
from celery_platform.observability.outcome import Outcome, listen, report


def test_one_that_listens_twice_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "_on_outcome", [])
    heard: list[Outcome] = []

    def hear(ended: Outcome) -> None:
        heard.append(ended)

    for _application in range(2):  # each that is attached in this process starts to listen
        listen(outcome=hear)
    report(Outcome("orders.ship", "id", "succeeded", SimpleNamespace()))

    assert len(heard) == 1

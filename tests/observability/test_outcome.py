"""A listener is called once per outcome."""

from types import SimpleNamespace

import pytest
from celery_platform.observability import outcome
from celery_platform.observability.outcome import Outcome, listen, report


def test_a_listener_that_is_registered_twice_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "_on_outcome", [])
    heard: list[Outcome] = []

    def hear(ended: Outcome) -> None:
        heard.append(ended)

    for _application in range(2):  # every application attached in this process registers it
        listen(outcome=hear)
    report(Outcome("orders.ship", "id", "succeeded", SimpleNamespace()))

    assert len(heard) == 1

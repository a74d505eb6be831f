"""A listener is called once per outcome, and its error is its own."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

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


@pytest.mark.parametrize(
    ("listeners", "tell"),
    [
        ("_on_received", lambda: outcome.received("orders.ship")),
        ("_on_start", lambda: outcome._started(SimpleNamespace(name="orders.ship", request=SimpleNamespace()))),
        ("_on_outcome", lambda: report(Outcome("orders.ship", "id", "succeeded", SimpleNamespace()))),
    ],
    ids=["received", "start", "outcome"],
)
def test_a_listener_that_fails_is_logged_and_fails_neither_the_message_nor_the_others(
    listeners: str, tell: Callable[[], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []

    def fail(_: Any) -> None:
        raise LookupError("no such series")

    monkeypatch.setattr(outcome, listeners, [fail, heard.append])

    tell()

    assert len(heard) == 1
    assert "no such series" in caplog.text

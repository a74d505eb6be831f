"""Which attempts say how long the work of a queue takes. tests/observability/test_exporter.py has the whole way."""

from types import SimpleNamespace

import pytest
from celery_platform.observability import counts
from celery_platform.observability.outcome import Outcome


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> counts.Gathered:
    """What is counted, of an environment that sums the runtimes of `email`. No store: only what is chosen matters."""
    found = counts.Gathered()
    monkeypatch.setattr(counts, "_gathered", found)
    environment = SimpleNamespace(prefix="shop", timeline=SimpleNamespace(attempts=0))
    monkeypatch.setattr(counts, "runtime", lambda: SimpleNamespace(environment=environment))
    monkeypatch.setattr(counts, "queue_of_request", lambda *_: SimpleNamespace(label="email"))
    monkeypatch.setattr(counts, "measured", lambda _: frozenset({"email"}))
    return found


def fields(gathered: counts.Gathered) -> dict[str, int]:
    return {field: number for (key, field), number in gathered._counts.items() if key == "shop:runtimes"}


@pytest.mark.parametrize("state", ["succeeded", "timed_out"])
def test_an_attempt_that_did_its_work_counts(gathered: counts.Gathered, state: str) -> None:
    counts._count(Outcome("send", "1", state, SimpleNamespace(), run_seconds=1.5))

    assert fields(gathered) == {"email:attempts": 1, "email:microseconds": 1_500_000}


@pytest.mark.parametrize("state", ["failed", "retried", "waiting", "ignored", "rejected", "lost"])
def test_one_that_ended_early_does_not(gathered: counts.Gathered, state: str) -> None:
    """While a service is away, its tasks fail within milliseconds; the backlog after it takes as long as ever."""
    counts._count(Outcome("send", "1", state, SimpleNamespace(), run_seconds=0.02))

    assert fields(gathered) == {}
    assert gathered._counts.total() == 1

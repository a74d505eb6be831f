"""A turbo process makes no request for a message whose task succeeds, and settles it all the same."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.request import Request as CelerysRequest
from celery_platform.attachment.tasks import _combined
from celery_platform.reliability.signals import delivery_settled
from celery_platform.settlement.request import Request
from celery_platform.turbo.worker.strategy import NOTHING_ADDED, _without_request
from celery_platform.turbo.worker.unstored import Unstored

from tests.celery_platform.turbo.harness.fake_results import FakeResults


class OfAnApplication(CelerysRequest):
    """One that wants to see each message."""


@pytest.fixture
def settled() -> Iterator[list[tuple[str, str]]]:
    seen: list[tuple[str, str]] = []

    def note(task_id: str, settlement: str, **_: Any) -> None:
        seen.append((task_id, settlement))

    delivery_settled.connect(note)
    yield seen
    delivery_settled.disconnect(note)


def test_a_task_of_the_platform_goes_the_fast_way() -> None:
    assert _without_request(SimpleNamespace(Request=_combined(CelerysRequest))) is Request.without_request


def test_a_task_whose_application_has_a_class_of_requests_does_not() -> None:
    assert _without_request(SimpleNamespace(Request=_combined(OfAnApplication))) is None
    assert _without_request(SimpleNamespace(Request=OfAnApplication)) is None


def test_a_task_of_celery_alone_goes_it_and_settles_nothing() -> None:
    assert _without_request(SimpleNamespace(Request="celery.worker.request:Request")) is NOTHING_ADDED


def test_a_delivery_is_settled_as_done_when_its_result_is_stored(settled: list[tuple[str, str]]) -> None:
    unstored = Unstored(FakeResults(), keeps_acks=False)
    unstored.add(Request.without_request, "a", "1")
    before = list(settled)

    unstored.store()
    unstored.store()

    assert (before, settled) == ([], [("1", "done")])


def test_a_delivery_is_settled_as_given_back_when_its_result_is_not_stored(settled: list[tuple[str, str]]) -> None:
    store = FakeResults()
    unstored = Unstored(store, keeps_acks=False)
    unstored.add(Request.without_request, "a", "1")
    store.answers = False

    with pytest.raises(OSError, match="away"):
        unstored.store()

    assert settled == [("1", "given_back")]


def test_a_delivery_whose_connection_is_lost_is_settled_as_given_back(settled: list[tuple[str, str]]) -> None:
    unstored = Unstored(FakeResults(), keeps_acks=False)
    unstored.add(Request.without_request, "a", "1")

    unstored.connection_lost()
    unstored.store()

    assert settled == [("1", "given_back")]

"""What a worker holds is compared with its tasks: what is wrong for a moment is not wrong, what lasts is."""

from types import SimpleNamespace
from typing import Any

from celery.worker import state
from celery_platform.settlement.balance import (
    EMPTY_SLOT,
    GRACE_SECONDS,
    UNSETTLED,
    Lasting,
    problems,
)
from celery_platform.transports.slots import Places

CHANNEL, FORMER = object(), object()


class Request(SimpleNamespace):
    """A request as Celery keeps it, without its task."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def request(tag: int, channel: object = CHANNEL, *, cancelled: bool = False) -> Any:
    message = SimpleNamespace(delivery_tag=tag, channel=channel)
    return Request(message=message, _already_revoked=False, _already_cancelled=cancelled)


def found(held: set[int], places: Places) -> list[Any]:
    return list(problems(held, CHANNEL, places))


def test_messages_that_wait_or_run_are_accounted_for() -> None:
    running = request(2)
    state.active_requests.add(running)

    assert found({1, 2}, Places(waiting=[request(1)], running=[running])) == []


def test_a_message_without_a_request_is_not() -> None:
    assert found({1, 2}, Places(waiting=[request(1)])) == [(UNSETTLED, 2)]


def test_a_request_of_a_former_channel_holds_no_message_of_this_one() -> None:
    assert found({1}, Places(waiting=[request(1, FORMER)])) == [(UNSETTLED, 1)]


def test_a_slot_whose_task_has_ended_is_empty() -> None:
    ended = request(1)

    assert found(set(), Places(running=[ended], without_request=1)) == [(EMPTY_SLOT, ended), (EMPTY_SLOT, 0)]


def test_a_thread_goes_on_with_a_task_that_was_cancelled_with_its_connection() -> None:
    assert found(set(), Places(running=[request(1, FORMER, cancelled=True)])) == []


def test_only_what_lasts_is_reported() -> None:
    lasting = Lasting()

    assert lasting.after(0, [(UNSETTLED, 1), (UNSETTLED, 2)]) == []
    assert lasting.after(GRACE_SECONDS - 1, [(UNSETTLED, 1), (UNSETTLED, 3)]) == []
    assert lasting.after(GRACE_SECONDS, [(UNSETTLED, 1), (UNSETTLED, 2), (UNSETTLED, 3)]) == [(UNSETTLED, 1)]


def test_a_worker_that_was_frozen_has_seen_too_little() -> None:
    lasting = Lasting()
    lasting.after(0, [(UNSETTLED, 1)])

    assert lasting.after(10 * GRACE_SECONDS, [(UNSETTLED, 1)]) == []

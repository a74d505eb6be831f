"""The headers that say why a message is dead-lettered fit into the room that every message leaves for them."""

import json

import pytest
from amqp.serialization import dumps
from celery_platform.dead_letters.reasons import begin_of, cut, end_of, reasons
from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.size import (
    AS_IT_CAME,
    LIMIT,
    MADE_ANEW,
    ROOM_OF_A_RETRY,
    refuse_a_larger_message,
    refuse_larger_properties,
)
from hypothesis import given
from hypothesis import strategies as st

QUEUE = "q" * 80  # SQS's longest name
TEXTS = st.text() | st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=3), st.integers(1, 9_999))


def raised(text: str) -> Exception:
    """An error with a traceback whose every line is as long as the text."""
    error = ValueError(text)
    error.__cause__ = KeyError(text)
    error.add_note(text)
    return error


@given(TEXTS)
def test_reasons_fit_into_the_room_that_a_retry_leaves(text: str) -> None:
    why = reasons(raised(text), QUEUE, attempts=10**6)

    assert len(json.dumps(why)) < ROOM_OF_A_RETRY
    assert len(dumps("F", (why,))) < ROOM_OF_A_RETRY, "as AMQP writes them"


@given(TEXTS)
def test_without_room_a_reason_is_short_and_says_that_it_is_cut(text: str) -> None:
    shown = cut(reasons(raised(text), QUEUE, attempts=1), AS_IT_CAME)

    assert len(json.dumps(shown)) < 512
    assert shown["x-dead-letter-cut"] == AS_IT_CAME


@given(TEXTS, st.integers(0, 500))
def test_a_text_is_cut_by_the_bytes_that_it_takes(text: str, size: int) -> None:
    begin, end = begin_of(text, size), end_of(text, size)

    assert text.startswith(begin)
    assert text.endswith(end)
    for kept, more in ((begin, text[: len(begin) + 1]), (end, text[len(text) - len(end) - 1 :])):
        assert len(json.dumps(kept)) - 2 <= size
        assert kept == text or len(json.dumps(more)) - 2 > size, "no more than needed is cut"


OPTIONS = {LIMIT: 1_200_000}
LETTER = {"x-dead-letter-at": 1.0}


@pytest.mark.parametrize(
    ("headers", "most"),
    [
        ({}, 1_200_000 - 16_384),
        ({"retries": 1}, 1_200_000 - 12_288),
        ({"published_again": True}, 1_200_000 - 12_288),
        (LETTER, 1_200_000),
        (LETTER | {"x-replays": 1}, 1_200_000),
        (LETTER | {"x-dead-letter-cut": MADE_ANEW}, 1_200_000),
        ({"x-replays": 1, "retries": 1}, 1_200_000 - 12_288),
    ],
)
def test_a_message_leaves_room_for_what_may_become_of_it(headers: dict[str, object], most: int) -> None:
    refuse_a_larger_message(OPTIONS, most, headers)
    with pytest.raises(RefusedMessageError, match=f"at most {most:,} bytes"):
        refuse_a_larger_message(OPTIONS, most + 1, headers)


@pytest.mark.parametrize("headers", [LETTER | {"x-dead-letter-cut": AS_IT_CAME}, {"x-replays": 1}])
def test_the_broker_decides_about_a_body_that_it_has_taken(headers: dict[str, object]) -> None:
    refuse_a_larger_message(OPTIONS, 10**9, headers)


def test_headers_leave_room_in_a_frame() -> None:
    refuse_larger_properties(131_072 - 20 - 16_384, {}, 131_072)
    with pytest.raises(RefusedMessageError, match="a frame of AMQP"):
        refuse_larger_properties(131_072 - 20 - 16_384 + 1, {}, 131_072)

"""The short decoder of message properties agrees with py-amqp's, whatever a message carries."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from amqp import Message
from amqp.serialization import decode_properties_basic
from celery_platform.transports.amqp.header_table import properties_of
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
    | st.binary(max_size=9) | st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1))
    | st.decimals(-1000, 1000, places=2).map(Decimal),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
HEADERS = st.dictionaries(st.text(max_size=20), VALUES, max_size=20)


def header_payload(**properties: Any) -> bytes:
    """The payload of a content header frame: class, weight, body size, properties."""
    message: Any = Message("", **properties)
    serialized: bytes = message._serialize_properties()
    return b"\0\x3c\0\0" + (0).to_bytes(8, "big") + serialized


@given(headers=HEADERS, text=st.text(max_size=20), priority=st.integers(0, 9))
def test_a_message_of_celerys_form_reads_the_same(headers: dict[str, Any], text: str, priority: int) -> None:
    payload = header_payload(
        content_type="application/json", content_encoding="utf-8", application_headers=headers, delivery_mode=2,
        priority=priority, correlation_id=text, reply_to=text,
    )  # fmt: skip

    assert properties_of(payload) == decode_properties_basic(payload, 12)[0]


@given(headers=HEADERS, text=st.text(max_size=20))
def test_a_message_of_another_form_reads_the_same(headers: dict[str, Any], text: str) -> None:
    payload = header_payload(application_headers=headers, message_id=text, expiration="1000", timestamp=1)

    assert properties_of(payload) == decode_properties_basic(payload, 12)[0]


def test_headers_that_are_not_text_read_the_same() -> None:
    payload = header_payload(
        content_type="application/json", content_encoding="utf-8", application_headers={"id": b"\xff\xfe"},
        delivery_mode=2, priority=0, correlation_id="", reply_to="",
    )  # fmt: skip

    assert properties_of(payload) == decode_properties_basic(payload, 12)[0]
    assert properties_of(payload)["application_headers"] == {"id": b"\xff\xfe"}

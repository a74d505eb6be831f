"""What is redacted in log lines, and what is kept."""

import io
import json
import logging
import time

import pytest
from celery_platform.observability.logs.redaction import REDACTED, redacted
from celery_platform.observability.logs.setup import formatter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {REDACTED}"),
        ("amqp://celery:hunter2@host/vhost", f"amqp://celery:{REDACTED}@host/vhost"),
        ("key AKIAIOSFODNN7EXAMPLE was refused", f"key {REDACTED} was refused"),
        ("login failed: password='hunter2', user='x'", f"login failed: password='{REDACTED}', user='x'"),
        ("mail to jane.doe+x@example.com bounced", f"mail to {REDACTED}@example.com bounced"),
        ("card 4111 1111 1111 1111 refused", f"card {REDACTED} refused"),
    ],
)  # fmt: skip
def test_secrets_and_personal_data_are_redacted_in_texts(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text", ["entry-1 entered", "queue celery-prod-quick", "took 12.5 s at 10.90.0.12:8080", "io-1a2b"]
)
def test_information_that_operators_need_is_kept(text: str) -> None:
    assert redacted(text) == text


def test_fields_are_redacted_by_name_at_any_depth() -> None:
    event = {"request": {"headers": [{"Authorization": "x", "Accept": "y"}]}, "customer_email": "jane", "amount": 5}

    assert redacted(event) == {
        "request": {"headers": [{"Authorization": REDACTED, "Accept": "y"}]}, "customer_email": REDACTED, "amount": 5,
    }  # fmt: skip


def _line(form: str, **extra: object) -> str:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(formatter("test", form))
    logger = logging.Logger("a.library")
    logger.addHandler(handler)
    try:
        int("amqp://celery:hunter2@host")
    except ValueError:
        logger.exception("could not reach %s", "redis://:hunter2@cache", extra=extra)
    return sink.getvalue()


def test_a_library_s_line_is_json_on_one_line_without_its_secrets() -> None:
    text = _line("json", token="hunter2", data={"args": ("hunter2",)})
    line = json.loads(text)

    assert text.count("\n") == 1
    assert "hunter2" not in text
    assert line["event"].startswith("could not reach redis://")
    assert (line["level"], line["logger"], line["environment"]) == ("error", "a.library", "test")
    assert "ValueError" in line["exception"]


def test_the_console_format_is_readable_and_redacted_too() -> None:
    text = _line("console", token="hunter2")

    assert "hunter2" not in text
    assert "could not reach" in text
    assert not text.startswith("{")


def test_a_long_line_is_redacted_in_linear_time() -> None:
    """As a log line may be; an attempt to match that begins at each character would take hours."""
    began = time.monotonic()

    assert redacted("a" * 1_000_000 + "@") == "a" * 1_000_000 + "@"
    redacted("a" * 1_000_000 + "://@")

    assert time.monotonic() - began < 10

"""A message's content as it is shown: bounded, redacted, and never run."""

import json
import time
from typing import Any

import pytest
from celery_platform.console.rendering import moment, templates, trend
from celery_platform.console.state.failures.shown import MOST_CHARACTERS, as_text, redacted_text
from celery_platform.output import visible


@pytest.mark.parametrize("value", [
    {"password": "hunter2"}, [["x"], {"token": "hunter2"}], {"a": {"b": [{"Authorization": "hunter2"}]}},
    "amqp://celery:hunter2@broker/", "password=hunter2", {"card_number": "hunter2"}, {"email": "hunter2@example.com"},
])  # fmt: skip
def test_a_secret_is_redacted(value: Any) -> None:
    assert "hunter2" not in as_text(value)


def test_a_secret_at_the_cut_is_redacted_as_a_whole() -> None:
    text = "x " * 50 + "ann.who.is.here@example.com"

    for most in range(90, 130):
        assert "ann" not in redacted_text(text, most)


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [
    "a" * 10_000_000, ["a" * 10_000] * 1_000, list(range(1_000_000)), {str(n): n for n in range(200_000)}, deep(900),
    [["b" * 100] * 1_000] * 1_000, 10**5_000, {"k" * 1_000_000: 1}, "1" * 10_000_000, "a@" * 5_000_000,
    "eyJ" * 3_000_000, b"\xff" * 10_000_000, "\ud800" * 1_000_000, float("inf"),
], ids=range(14))  # fmt: skip
def test_ten_megabytes_are_shown_in_part_and_at_once(value: Any) -> None:
    began = time.monotonic()

    text = as_text(value)

    assert len(text) < 3 * MOST_CHARACTERS
    assert time.monotonic() - began < 2


def test_a_cut_says_how_much_is_missing() -> None:
    assert "[cut: 5,904 more characters]" in as_text("a" * 10_000)
    assert "more items" in as_text(list(range(5_000)))


def test_small_values_are_shown_as_they_are() -> None:
    value = [[1, "a", None, True, 1.5], {"k": [{"deep": "ü"}]}, {"callbacks": None}]

    assert json.loads(as_text(value)) == value


def test_what_a_browser_would_not_show_is_written_out() -> None:
    assert visible("a\x00\x1b[31m\u202egnp\ud800\n") == "a\\x00\\x1b[31m\\u202egnp\\ud800\n"


@pytest.mark.parametrize("character", [
    "\u061c", "\u00ad", "\u180e", "\u2066", "\u206a", "\ufff9", "\U000e0041", "\u115f", "\u3164", "\uffa0",
], ids=ascii)  # fmt: skip
def test_a_name_with_a_mark_that_nobody_sees_does_not_look_like_the_name_without_it(character: str) -> None:
    assert visible(f"orders{character}") == f"orders{character.encode('unicode_escape').decode()}"


def test_markup_is_escaped() -> None:
    page = templates().from_string('<p title="{{ x }}">').render(x='"><script>')

    assert page == '<p title="&#34;&gt;&lt;script&gt;">'


def test_times_and_numbers_of_no_calendar_are_a_dash() -> None:
    assert [moment(each) for each in (None, float("nan"), float("inf"), 1e300, -1e300)] == ["-"] * 5
    assert [trend(each) for each in (None, 0.2, 12.7, -3.1)] == ["-", "0", "+13", "-3"]

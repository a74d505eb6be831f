"""Entries of a journal as events of CloudWatch Logs: each is JSON that fits, and a batch fits into a call."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

PROGRAM = ANSIBLE / "roles" / "log_shipping" / "files" / "log_shipping"
entries = loaded(PROGRAM / "entries.py")

BYTES = st.lists(st.integers(0, 255), max_size=50)
LONG = st.sampled_from("x\x00é").map(lambda one: one * 50_000)
VALUE = st.one_of(st.none(), st.text(), BYTES, st.lists(st.text(), max_size=3), LONG)


@given(message=VALUE, unit=VALUE, priority=st.one_of(st.none(), st.sampled_from("01234567")))
def test_every_entry_becomes_json_that_fits(message: Any, unit: Any, priority: str | None) -> None:
    entry = {"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": "1790000000000000", "MESSAGE": message, "UNIT": unit}
    event = entries.event_of(json.loads(json.dumps(entry | {"PRIORITY": priority})))

    assert event.at == 1_790_000_000_000
    assert isinstance(json.loads(event.text)["unit"], str)
    assert event.size < 512 * 1024


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())), max_size=5))
def test_a_json_line_keeps_its_fields(line: dict[str, Any]) -> None:
    entry = {"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": "1", "MESSAGE": json.dumps(line)}
    found = json.loads(entries.event_of(entry).text)

    assert found == {"unit": "kernel", **line} if line else found["message"] == "{}"


@pytest.mark.parametrize("entry", [{}, {"__CURSOR": "1"}, {"__REALTIME_TIMESTAMP": "soon", "__CURSOR": "1"}])
def test_what_is_no_entry_is_an_error_that_the_program_expects(entry: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"without|invalid literal"):
        entries.event_of(entry)


@given(st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 3 * 86_400_000)), min_size=1, max_size=30))
def test_a_batch_is_within_the_limits_of_a_call(each: list[tuple[int, int]]) -> None:
    sys.path.insert(0, str(PROGRAM))
    try:
        stream = loaded(PROGRAM / "stream.py")
    finally:
        sys.path.remove(str(PROGRAM))
    batches = [stream.Batch(1.0)]
    for size, at in each:
        event = entries.Event(at, "x" * size, "")
        if not batches[-1].takes(event):
            batches.append(stream.Batch(1.0))
        batches[-1].add(event)

    assert sum(len(batch.events) for batch in batches) == len(each)
    for batch in batches:
        times = [event.at for event in batch.events]
        assert sum(len(event.text) + 26 for event in batch.events) <= 1_048_576
        assert max(times) - min(times) <= 86_400_000

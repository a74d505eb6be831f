"""Headers of a type that Celery cannot work with are found before it tries."""

from typing import Any

import pytest
from celery import Celery
from celery_platform.dead_letters.headers import TYPES, wrong_header
from hypothesis import given
from hypothesis import strategies as st

GOOD = {"task": "a", "id": "1"}
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.just({"a": 1})


@given(options=st.fixed_dictionaries({}, optional={
    "retries": st.integers(0, 9), "eta": st.datetimes(), "expires": st.integers(1, 99), "time_limit": st.integers(1, 9),
    "group_id": st.text(), "root_id": st.text(), "parent_id": st.text(), "shadow": st.text(),
    "ignore_result": st.booleans(), "group_index": st.integers(0, 9),
}))  # fmt: skip
def test_what_celery_sends_is_right(options: dict[str, Any]) -> None:
    message = Celery("tests").amqp.as_task_v2("1", "a", **options)

    assert wrong_header(message.headers) == ""


@given(name=st.sampled_from([name for name, _ in TYPES]), value=ANYTHING)
def test_a_header_of_another_type_is_named(name: str, value: object) -> None:
    problem = wrong_header({**GOOD, name: value})

    right = isinstance(value, dict(TYPES)[name])
    assert (problem == "") is right or name in ("timelimit", "stamped_headers")
    assert right or problem.startswith(f"the header {name} is ")


@pytest.mark.parametrize("limits", [[1], [1, "x"], ["", None], [[1], 2], [1, 2, 3]])
def test_limits_are_two_numbers(limits: list[object]) -> None:
    assert "not two numbers of seconds" in wrong_header({**GOOD, "timelimit": limits})

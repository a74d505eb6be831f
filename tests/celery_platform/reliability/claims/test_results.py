"""An effect whose run returns anything at all happens once, in each store; what JSON can carry is kept."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from celery_platform.reliability.claims.result import as_text, from_text
from celery_platform.reliability.idempotent import idempotent
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Store


class Colour(Enum):
    RED = "red"


def circular() -> list[Any]:
    result: list[Any] = []
    result.append(result)
    return result


def deep() -> list[Any]:
    result: list[Any] = []
    for _ in range(100_000):
        result = [result]
    return result


KEPT: dict[str, Any] = {
    "nothing": None, "text": "caf\udce9", "a decimal": Decimal("1.10"), "a time": datetime(2026, 1, 2, tzinfo=UTC),
    "a day": date(2026, 1, 2), "a UUID": uuid.UUID(int=7), "bytes": b"\xff", "decimals in a list": [Decimal(1)],
    "what looks like a type": {"__type__": "datetime", "__value__": "x"},
}  # fmt: skip
NOT_KEPT: dict[str, Callable[[], Any]] = {
    "a set": lambda: {1, 2}, "an object": object, "a key that is no text": lambda: {(1, 2): 3},
    "a lock": threading.Lock,
    "a generator": lambda: (each for each in "ab"), "an exception": lambda: ValueError("x"), "a circle": circular,
    "a set in a list": lambda: [{1}], "a function": lambda: print, "a class": lambda: Colour, "depth": deep,
    "a number of 5,000 digits": lambda: 10**5_000, "a length of time": lambda: timedelta(seconds=1),
    "a complex number": lambda: 1j, "a decimal beside a set": lambda: [Decimal(1), {2}],
    "a type that is none, beside a decimal": lambda: [Decimal(1), {"__type__": "datetime", "__value__": "x"}],
}  # fmt: skip


def ran_twice(store: Store, result: Any) -> tuple[int, Any]:
    """How often the effect of a task happened that ran twice, and what the second run returned."""
    effects: list[int] = []

    def effect(_task: Any, key: str) -> Any:  # noqa: ARG001 - it makes the key
        effects.append(1)
        return result

    task = SimpleNamespace(name="pay", request=SimpleNamespace(called_directly=True))
    run: Any = idempotent(key=lambda key: key, lease_seconds=1, store=lambda: store.claims)(effect)
    key = uuid.uuid4().hex
    run(task, key)
    return len(effects), run(task, key)


@pytest.mark.parametrize("name", KEPT)
def test_a_result_that_json_can_carry_in_some_notation_is_kept(store: Store, name: str) -> None:
    assert ran_twice(store, KEPT[name]) == (1, KEPT[name])


@pytest.mark.parametrize("name", NOT_KEPT)
def test_an_effect_whose_result_cannot_be_kept_does_not_happen_again(store: Store, name: str) -> None:
    effects, again = ran_twice(store, NOT_KEPT[name]())

    assert (effects, again) == (1, None)


LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False) | st.uuids() | st.binary()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9))
def test_what_is_kept_is_what_was_returned(result: Any) -> None:
    assert from_text(as_text("key", result)) in (result, None)

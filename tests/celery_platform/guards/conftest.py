"""A result store for a single test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .result_store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.refuse()

"""Suites run side by side (`make test`): the tests of one suite in order and in one process, the longest suites first."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What brings environments up takes most of the time; begun last, it would run alone at the end.
LONGEST_FIRST = ("path", "terraform", "region")


def suite(item: pytest.Item) -> str:
    """The folder of tests/ that a test is in."""
    return item.path.relative_to(HERE).parts[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a suite together and start with the longest."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(suite(item)))
    items.sort(key=lambda item: LONGEST_FIRST.index(suite(item)) if suite(item) in LONGEST_FIRST else len(LONGEST_FIRST))

"""Suites run side by side (`make test`): each in order and in one process, the longest first."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What brings environments up takes most of the time; begun last, it would run alone at the end.
LONGEST_FIRST = ("path", "terraform", "region")


def suite(item: pytest.Item) -> str:
    """The folder of tests/ that a test is in."""
    return item.path.relative_to(HERE).parts[0]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a suite together and start with the longest."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(suite(item)))
    turns = {name: turn for turn, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: turns.get(suite(item), len(turns)))

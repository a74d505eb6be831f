"""The stop matrix in both READMEs matches the measurements, in which nothing was lost."""

import json

import pytest

from .matrix import MEASURED, READMES, written


@pytest.mark.parametrize("place", READMES)
def test_the_readme_shows_what_was_measured(place: str) -> None:
    assert READMES[place].read_text() == written(place), "run `python -m tests.stops.matrix`"


def test_nothing_was_lost_and_nothing_was_done_twice() -> None:
    rows = json.loads(MEASURED.read_text())

    assert {(row["lost"], row["repeated"]) for row in rows} == {(0, 0)}

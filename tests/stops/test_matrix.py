"""The stop matrix in the two READMEs is what was measured, of every cell, and nothing in it was lost."""

import json

import pytest

from .brokers import KINDS
from .matrix import MEASURED, READMES, written
from .strike import ENDS

ROWS = json.loads(MEASURED.read_text())


@pytest.mark.parametrize("place", READMES)
def test_the_readme_shows_what_was_measured(place: str) -> None:
    assert READMES[place].read_text() == written(place), "run `python -m tests.stops.matrix`"


@pytest.mark.parametrize("place", READMES)
def test_every_end_was_measured_on_every_broker(place: str) -> None:
    measured = {(row["broker"], row["end"]) for row in ROWS if row["place"] == place}

    assert measured == {(broker, end) for broker in KINDS for end in ENDS}


def test_nothing_was_lost_and_nobody_paid_twice() -> None:
    assert {(row["lost"], row["repeated"]) for row in ROWS} == {(0, 0)}

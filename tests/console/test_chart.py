"""The geometry of a chart: bars of equal parts of a time, and marks where releases began to run."""

import pytest
from celery_platform.console.chart import HEIGHT, LEAST_HEIGHT, WIDTH, around, chart
from celery_platform.observability.releases import Begun


def test_the_largest_value_is_as_high_as_the_chart_and_a_small_one_is_seen() -> None:
    drawn = chart([1, 0, 1000, None], 0, 400, [])

    assert [(bar.at, bar.x, bar.height) for bar in drawn.bars] == [
        (0, 0, LEAST_HEIGHT),
        (200, WIDTH / 2, HEIGHT),
    ]
    assert (drawn.most, drawn.part_seconds) == (1000, 100)


@pytest.mark.parametrize(("values", "most"), [([0, 0], 0), ([None, None], None)])
def test_nothing_is_drawn_where_nothing_is_or_nothing_is_known(values: list[float | None], most: float | None) -> None:
    drawn = chart(values, 0, 100, [])

    assert (drawn.bars, drawn.most) == ((), most)


def test_releases_are_marked_that_began_within_the_time() -> None:
    begun = [Begun("before", 99), Begun("within", 150), Begun("after", 201)]

    assert [(mark.begun.release, mark.x) for mark in chart([1], 100, 200, begun).marks] == [("within", WIDTH / 2)]


@pytest.mark.parametrize(("first", "last", "shown"), [
    (1000, 1000, (400, 1600)),
    (0, 36_000, (-3600, 39_600)),
])  # fmt: skip
def test_the_time_around_what_happened_shows_what_was_before(
    first: float, last: float, shown: tuple[float, float]
) -> None:
    assert around(first, last) == shown

"""The geometry of a small chart: bars over time, and a mark where a release began to run.

Pages draw it as SVG with attributes only, because the content security policy allows no inline style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from celery_platform.observability.releases import Begun

WIDTH, HEIGHT = 600, 100
BARS = 60
# On both sides of what is shown, so that a release that began shortly before is seen.
LEAST_MARGIN_SECONDS, MARGIN = 600, 0.1
# A bar that stands for anything is seen.
LEAST_HEIGHT = 2


@dataclass(frozen=True)
class Bar:
    """A value from the Unix time `at` on, and where it is drawn."""

    at: float
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Mark:
    """Where the beginning of a release is drawn."""

    begun: Begun
    x: float


@dataclass(frozen=True)
class Chart:
    """Bars between two Unix times, each of `part_seconds`; `most` is the largest value, `None` where none is known."""

    begin: float
    end: float
    part_seconds: float
    most: float | None
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT


def chart(values: Sequence[float | None], begin: float, end: float, begun: Iterable[Begun]) -> Chart:
    """Draw values of equal parts of the time between `begin` and `end`; `None` is drawn as a gap.

    Of the releases, those that began in that time are marked.

    Example: `chart([0, 3, None], 0, 180, [Begun("92c0b9fa8a11", 60)]).marks[0].x == 200`
    """
    most = max((value for value in values if value is not None), default=None)
    seconds, width = (end - begin) / len(values), WIDTH / len(values)
    bars = []
    for number, value in enumerate(values):
        if value:
            height = max(LEAST_HEIGHT, value / most * HEIGHT) if most else 0
            bars.append(Bar(begin + number * seconds, value, number * width, HEIGHT - height, width, height))
    marks = (Mark(each, (each.at - begin) / (end - begin) * WIDTH) for each in begun if begin <= each.at <= end)
    return Chart(begin, end, seconds, most, tuple(bars), tuple(marks))


def around(first: float, last: float) -> tuple[float, float]:
    """The time to show where something happened between `first` and `last`.

    Example: `around(1000, 1000) == (400, 1600)`
    """
    margin = max(LEAST_MARGIN_SECONDS, MARGIN * (last - first))
    return first - margin, last + margin

"""Times of cron as KEDA reads them, with robfig/cron v3 (parser.go, and spec.go for days).

Celery's own (`rules/schedule.py`) differ: there a range may go over midnight, and day and weekday must both match.
"""

import re
from calendar import monthrange
from dataclasses import dataclass

LEAP_YEAR = 2028
_PART = re.compile(r"(?P<all>[*?])|(?P<first>\w+)(-(?P<last>\w+))?", re.ASCII)


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()  # in lower case

    @property
    def allowed(self) -> str:
        words = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.least}-{self.most}{words}; *, lists, ranges and steps of these"

    def values(self, text: str) -> frozenset[int] | None:
        """The values that match; `None` if the text is no field."""
        parts = [self._part(part) for part in text.split(",")]
        return None if None in parts else frozenset(value for part in parts if part for value in part)

    def _part(self, text: str) -> range | None:
        written, slash, step = text.partition("/")
        found = _PART.fullmatch(written)
        if not found or (slash and not (_is_number(step) and int(step) > 0)):
            return None
        first = self.least if found["all"] else self._number(found["first"])
        # Of one value with a step, all that follow are meant.
        last = self._number(found["last"]) if found["last"] else self.most if found["all"] or slash else first
        if first is None or last is None or first > last:
            return None
        return range(first, last + 1, int(step or 1))

    def _number(self, text: str) -> int | None:
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.least
        number = int(text) if _is_number(text) else -1
        return number if self.least <= number <= self.most else None


def _is_number(text: str) -> bool:
    """Whether these are digits that the autoscaler reads: `isdecimal` alone takes those of other scripts, too."""
    return text.isascii() and text.isdecimal()


FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    _Field("weekday", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)


def fault_of(text: str) -> tuple[str, str] | None:
    """What is wrong with five fields of cron, and what is allowed instead; `None` if nothing is.

    Example: `fault_of("61 6 * * *")[0] == "'61' for the minute"`
    """
    written = text.split()
    if len(written) != len(FIELDS):
        return repr(text), f"five fields: {', '.join(field.name for field in FIELDS)}"
    values = []
    for field, part in zip(FIELDS, written, strict=True):
        matching = field.values(part)
        if matching is None:
            return f"{part!r} for the {field.name}", field.allowed
        values.append(matching)
    days, months = values[2], values[3]
    # A weekday beside a day means either of them.
    if written[4] in ("*", "?") and all(min(days) > monthrange(LEAP_YEAR, month)[1] for month in months):
        return repr(text), "a day that the month has"
    return None

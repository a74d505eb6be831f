"""Templates: everything that comes from outside is escaped, and what a browser would not show is made visible."""

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from celery_platform.console.state.failures.shown import redacted_text
from celery_platform.output import age

HERE = Path(__file__).parent
# Control characters, separators of lines, halves of surrogate pairs, and what Unicode has browsers leave out
# (Default_Ignorable_Code_Point: marks of direction, fillers, tags): a task's name may not look like another.
INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def templates() -> Environment:
    """The console's templates.

    Example: `templates().get_template("problem.html").render(...)`
    """
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": age, "moment": moment, "count": count, "since": since, "trend": trend, "seconds": seconds,
        "redact": redacted_text,
    }  # fmt: skip
    return environment


def visible(value: Any) -> Any:
    r"""A value with its invisible characters written out.

    Example: `visible("a\x00b") == "a\\x00b"`
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode(), value)


def moment(unix: float | None) -> str:
    """A Unix time in UTC, as people and `<time>` read it; a dash where it is unknown.

    Example: `moment(0) == "1970-01-01 00:00:00Z"`
    """
    if unix is None or not math.isfinite(unix):
        return "-"
    try:
        return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, OSError, ValueError):  # a year that no calendar has
        return "-"


def since(unix: float | None) -> str:
    """How long ago a Unix time was.

    Example: `since(None) == "-"`
    """
    if unix is None or not math.isfinite(unix):
        return "-"
    return age(datetime.now(UTC).timestamp() - unix)


def count(number: float | None) -> str:
    """A number with its thousands apart; a dash where it is unknown.

    Example: `count(50_000) == "50,000"`
    """
    return "-" if number is None else f"{number:,}"


def trend(per_minute: float | None) -> str:
    """A change per minute, with its sign.

    Example: `trend(-3.2) == "-3"`
    """
    if per_minute is None:
        return "-"
    rounded = round(per_minute)
    return f"{rounded:+,}" if rounded else "0"


def seconds(bound: float | None) -> str:
    """The bound of a histogram below which a wait was.

    Example: `seconds(0.5) == "< 0.5 s"`
    """
    if bound is None:
        return "-"
    return f"< {bound:g} s" if math.isfinite(bound) else "longer than any bound"

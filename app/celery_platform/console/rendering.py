"""Templates: everything that comes from outside is escaped, and what a browser would not show is made visible."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from celery_platform import output
from celery_platform.console.state.failures.shown import redacted_text
from celery_platform.output import age, visible

HERE = Path(__file__).parent


def templates() -> Environment:
    """The console's templates.

    Example: `templates().get_template("problem.html").render(...)`
    """
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": age, "moment": moment, "count": count, "since": since, "trend": trend, "seconds": seconds,
        "redact": redacted_text, "instant": output.moment, "took": took, "task_address": task_address,
    }  # fmt: skip
    return environment


def task_address(task_id: str) -> str:
    """The address of a task's page. An id is whatever the sender of a message wrote: what no path has is looked for.

    Example: `task_address("a/b") == "/tasks/a%2Fb"`
    """
    quoted = quote(task_id, safe="", errors="backslashreplace")
    return f"/tasks/{quoted}" if task_id.isprintable() and task_id.strip(".") else f"/tasks?id={quoted}"


def took(seconds: float | None) -> str:
    """How long something took; a dash where it is unknown.

    Example: `took(0.0124) == "0.012 s"`
    """
    return output.seconds_of(seconds) or "-"


def shown(value: Any) -> Any:
    """A value with its invisible characters written out, unless it is markup."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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

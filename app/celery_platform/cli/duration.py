"""Reads durations as people write them, such as 90s or 2h."""

import re

import typer

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(text: str | None) -> float | None:
    """Return the seconds of `90s`, `15m`, `2h` or `3d`; `None` for `None`.

    Raises:
        typer.BadParameter: the text is not such a duration.

    Example: `seconds("15m") == 900`
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if found is None:
        raise typer.BadParameter(f"expected a duration such as 90s, 15m, 2h or 3d; found {text!r}")
    return float(found[1]) * UNITS[found[2]]

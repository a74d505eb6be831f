"""Which fields of an object the API server dropped or changed."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

# kubernetes.io, "Quantity".
SUFFIXES = {
    "m": Fraction(1, 1_000), "": Fraction(1), "k": Fraction(1_000), "M": Fraction(1_000_000),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30),
}  # fmt: skip


def changed(sent: Any, stored: Any, path: str = "") -> Iterator[str]:
    """The paths of what was sent and is not stored as it was sent. The server adds fields, and drops empty ones.

    Example: `list(changed({"a": 1, "b": {}}, {"a": 2, "c": 3})) == ["a"]`
    """
    if isinstance(sent, dict) and isinstance(stored, dict):
        for key, value in sent.items():
            below = f"{path}.{key}".lstrip(".")
            if key in stored:
                yield from changed(value, stored[key], below)
            elif value not in (None, {}, [], ""):
                yield below
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for number, (one, other) in enumerate(zip(sent, stored, strict=True)):
            yield from changed(one, other, f"{path}[{number}]")
    elif sent != stored and (_quantity(sent) is None or _quantity(sent) != _quantity(stored)):
        yield path


def _quantity(value: Any) -> Fraction | None:
    """What Kubernetes writes in several ways, such as 0.1 and 100m."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m|k|M|[KMG]i|)", str(value))
    return Fraction(found[1]) * SUFFIXES[found[2]] if found else None

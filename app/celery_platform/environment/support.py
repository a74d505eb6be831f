"""When support of the versions that environments name ends, and who says so."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Support:
    """What is known of a version: the last day on which it is supported, and the source.

    `until` is `None` if no end is announced.
    """

    until: date | None
    source: str


@cache
def support_of(product: str, version: str) -> Support | None:
    """The support of a product's version; `None` if the data does not know the version.

    Example: `support_of("Kubernetes on EKS", "1.35").until == date(2027, 3, 27)`
    """
    known = _data()["products"][product]
    if version not in known["versions"]:
        return None
    until = known["versions"][version]
    return Support(date.fromisoformat(until) if until else None, known["source"])


def as_of() -> str:
    """The day on which the data was collected."""
    return str(_data()["as_of"])


@cache
def _data() -> Any:
    return json.loads((files(__package__) / "support.json").read_text())

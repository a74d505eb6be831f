"""What a process reads of a report that another process has left in the store, maybe one of another release."""

from collections.abc import Mapping
from typing import Any


def known_fields(report: type, found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that this release's dataclass `report` has. A newer release may say more: a rollback must not fail.

    Example: `OutboxReport(**known_fields(OutboxReport, {"at": 1.0, "said_by_a_later_release": 2}))`
    """
    return {name: found[name] for name in report.__dataclass_fields__ if name in found}  # type: ignore[attr-defined]

"""Where the store keeps which queues are paused. Loading this loads no client, for the exporter.

`<prefix>:paused` is a hash: its fields are labels of queues, its values JSON with when, by whom and why.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from celery_platform.settings import Resolved


@dataclass(frozen=True)
class Pause:
    """Since when (seconds since 1970) a queue is paused, who asked for it, and the reason that they gave."""

    since: float
    by: str = ""
    reason: str = ""


def paused_key(prefix: str) -> str:
    """The key of the hash; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:paused"


def as_text(pause: Pause) -> str:
    """The value of a field."""
    return json.dumps({"since": pause.since, "by": pause.by, "reason": pause.reason})


def pauses_of(found: Iterable[tuple[str, str]]) -> dict[str, Pause]:
    """The pauses by label, from the fields and values of the hash. A queue whose value cannot be read is paused, too.

    Example: `pauses_of([("email", '{"since": 5}')])["email"].since == 5`
    """
    return {label: _pause(text) for label, text in found}


def names_of(environment: Resolved, labels: Iterable[str]) -> frozenset[str]:
    """The names on the broker of paused queues, each with the queue of its urgent messages, if that is another.

    Example: `names_of(environment, ["email"]) == {"celery-prod-email", "celery-prod-email-high"}`
    """
    queues = environment.queues
    paused = {label for label in labels if label in queues}
    high = {queues[label].high_priority_queue for label in paused}
    return frozenset(queues[label].name for label in paused | {label for label in high if label})


def _pause(text: str) -> Pause:
    try:
        found = json.loads(text)
        return Pause(float(found["since"]), str(found.get("by", "")), str(found.get("reason", "")))
    except (ValueError, TypeError, LookupError, AttributeError):
        return Pause(0.0)


def labels_with_high(environment: Resolved, pauses: Mapping[str, Pause]) -> dict[str, Pause]:
    """The same for every queue that workers take nothing from: a queue of urgent messages is paused with its other.

    Example: `labels_with_high(environment, {"email": pause}) == {"email": pause, "email-high": pause}`
    """
    with_high = dict(pauses)
    for label, pause in pauses.items():
        high = environment.queues[label].high_priority_queue if label in environment.queues else None
        if high:
            with_high.setdefault(high, pause)
    return with_high

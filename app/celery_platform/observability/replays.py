"""How the messages of a replay fare: the first attempt of each, counted in the store by whether it failed again.

`<prefix>:replay:<id>` is a hash with the counts. The first attempt is enough: a message that is tried again for hours
would say too late that its cause is still there. Its header carries the id on every broker.
"""

from dataclasses import dataclass
from typing import Any

from celery_platform.observability.outcome import Outcome
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

REPLAY_ID = "replay_id"
SUCCEEDED, FAILED = "succeeded", "failed"
# An attempt that waits for a limit, or went back, has not been made yet.
_COUNTED_AS = {"succeeded": SUCCEEDED, "failed": FAILED, "retried": FAILED, "timed_out": FAILED, "lost": FAILED}


@dataclass(frozen=True)
class Fared:
    """How many of the first attempts of a replay's messages have ended, and how."""

    succeeded: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        """All first attempts that have ended."""
        return self.succeeded + self.failed


def replay_key(prefix: str, replay_id: str) -> str:
    """The key of a replay's counts; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:replay:{replay_id}"


def counted_as(outcome: Outcome) -> str | None:
    """The field that counts this outcome; `None` for one that is not counted."""
    return None if getattr(outcome.request, "retries", 0) else _COUNTED_AS.get(outcome.state)


def fared(replay_id: str) -> Fared:
    """How the messages of a replay fared until now.

    Raises:
        StoreAwayError: the store does not answer.
    """
    found: Any = valkey().hgetall(replay_key(runtime().environment.prefix, replay_id))
    return Fared(int(found.get(SUCCEEDED, 0)), int(found.get(FAILED, 0)))

"""What a broker refuses is logged when it begins and when it ends, counted each time, and asked for again more slowly.

An outage answers each poll of each queue: a line for each would hide everything else.
"""

import logging
import random
import time
from dataclasses import dataclass, field

from celery_platform.reliability.signals import broker_refused

logger = logging.getLogger(__name__)

# Exponential, with jitter so that the workers of a fleet that was throttled do not ask again together.
FIRST_SECONDS, LONGEST_SECONDS = 0.5, 15.0


def back_off(refusals: int) -> float:
    """Return the seconds to wait after so many refusals in a row.

    Example: `back_off(1) <= 0.5`, `back_off(9) <= 15`
    """
    return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(refusals - 1, 10)) * random.uniform(0.5, 1)  # noqa: S311 - no secret


@dataclass
class _Trouble:
    answer: str
    since: float
    refusals: int = 0
    until: float = 0.0


@dataclass
class Answers:
    """The answers to one operation of a broker's, for each queue (or what else is asked for).

    Example: `wait = answers.refused("celery-email", "RequestThrottled", "Rate exceeded")`, later
    `answers.accepted("celery-email")`
    """

    operation: str
    _troubles: dict[str, _Trouble] = field(default_factory=dict)

    def refused(self, subject: str, answer: str, detail: object) -> float:
        """Note a refusal; returns the seconds after which to ask again. `answer` is short, and one of few."""
        now = time.monotonic()
        trouble = self._troubles.get(subject)
        if trouble is None or trouble.answer != answer:
            logger.warning(
                "%s of %s is refused, and tried again with back-off: %s: %s", self.operation, subject, answer, detail
            )
            since, refusals = (trouble.since, trouble.refusals) if trouble else (now, 0)
            trouble = self._troubles[subject] = _Trouble(answer, since, refusals)
        trouble.refusals += 1
        wait = back_off(trouble.refusals)
        trouble.until = now + wait
        broker_refused.send(sender=None, operation=self.operation, answer=answer)
        return wait

    def accepted(self, subject: str) -> None:
        """Note an answer as it should be."""
        trouble = self._troubles.pop(subject, None)
        if trouble is not None:
            logger.warning(
                "%s of %s is answered again, after %s refusals in %.0f s",
                self.operation, subject, trouble.refusals, time.monotonic() - trouble.since,
            )  # fmt: skip

    @property
    def troubled(self) -> bool:
        """Whether any subject's last answer was a refusal."""
        return bool(self._troubles)

    def wait_seconds(self, subject: str) -> float:
        """Return the seconds until `subject` may be asked for again; 0 when it may be now."""
        trouble = self._troubles.get(subject)
        return max(0.0, trouble.until - time.monotonic()) if trouble else 0.0

"""A run of an idempotent task that has claimed its key: what is done with the claim when the run ends."""

import logging
from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.claims import ClaimStore, State
from celery_platform.reliability.claims.claim import Claim
from celery_platform.reliability.claims.result import as_text, from_text

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClaimedRun:
    """The claim of a run, in its store. Each method is one round trip.

    `lease_seconds` and `keep_seconds` are those of `idempotent`, `task` is a name for the log.
    """

    task: str
    claims: ClaimStore
    claim: Claim
    lease_seconds: float
    keep_seconds: float

    @property
    def done_before(self) -> bool:
        """Whether an earlier run had the effect, so that this one must not."""
        return self.claim.state is State.DONE

    def earlier_result(self) -> Any:
        """Return what the run that had the effect returned."""
        return from_text(self.claim.result)

    def give_up(self) -> None:
        """Let another run have the effect: this one failed."""
        self.claims.give_up(self.claim)

    def finish(self, result: Any) -> None:
        """Note that the effect happened, with the result."""
        key = self.claim.key
        if not self.claims.finish(self.claim, as_text(key, result), keep_seconds=self.keep_seconds):
            logger.error("%s outlived its lease of %s s on %s: it may run twice", self.task, self.lease_seconds, key)

"""Notices that replayed messages fail as they did before, so that a replay can stop while most are still kept."""

import secrets
import time
from dataclasses import dataclass, field

from celery_platform.observability.replays import Fared, fared
from celery_platform.reliability.errors import StoreAwayError

# Fewer failures than this are no sign, and neither is a minority of the attempts that have ended.
FAILURES = 10
SHARE = 0.5
ASK_SECONDS = 1.0


@dataclass
class Watch:
    """How the messages of one replay fare; asked again and again, it asks the store once a second at most.

    A store that is away stops no replay.

    Example: `replay(app, messages, replay_id=watch.replay_id, until=watch.failures_come_back)`
    """

    replay_id: str = field(default_factory=lambda: secrets.token_hex(8))
    fared: Fared = field(default_factory=Fared)
    # Whether a replay was told to stop: what runs after that does not change why it did.
    stopped: bool = False
    _asked_at: float = float("-inf")

    def failures_come_back(self) -> bool:
        """Whether at least ten first attempts failed, and at least half of those that have ended."""
        now = time.monotonic()
        if now - self._asked_at >= ASK_SECONDS:
            self._asked_at = now
            try:
                self.fared = fared(self.replay_id)
            except StoreAwayError:
                return False
        self.stopped = self.fared.failed >= max(FAILURES, SHARE * self.fared.ended)
        return self.stopped

"""Publishing what is due: claim, publish with the broker's confirmation, forget.

Any number of these may run. One that dies in between leaves its messages to the next, who claims them when the lease
ends and publishes them under another attempt number; a worker begins one of the copies (`reliability.one_copy`).
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.later.publish import publish
from celery_platform.later.store import Claimed, LaterStore, later_store

logger = logging.getLogger(__name__)

BATCH = 100
LEASE_SECONDS = 60.0
# No publish begins that could outlast the lease: then somebody else would publish the message at the same time.
SENDING_SECONDS = LEASE_SECONDS - 2 * PUBLISH_BUDGET_SECONDS
LONGEST_IDLE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_BACK_OFF_SECONDS = 600.0


def start_sender(app: Any) -> threading.Event:
    """Send what is due from a thread of this process for as long as it lives, or until the event is set."""
    stopped = threading.Event()
    threading.Thread(target=run, args=(app, stopped), name="later-sender", daemon=True).start()
    return stopped


def run(app: Any, stopped: threading.Event) -> None:
    """Send until `stopped` is set. After an error, whatever it is, it goes on in 1, 2, 4 ... at most 30 s."""
    pause = 1.0
    while not stopped.is_set():
        try:
            idle = send_due(app, later_store())
        except Exception as error:
            # Beat goes on without this thread, and nobody would notice.
            logger.warning("what is due cannot be sent: %r; again in %.0f s", error, pause)
            stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        pause = 1.0
        stopped.wait(idle)


def send_due(app: Any, store: LaterStore, lease_seconds: float = LEASE_SECONDS) -> float:
    """Publish messages that are due, at most `BATCH`; returns how many seconds there is nothing to do.

    Raises:
        RedisError: the store does not answer.
        Exception: the broker did not take one; it and those after it are due again.
    """
    claimed, left = store.claim(lease_seconds=lease_seconds, number=BATCH)
    until = time.monotonic() + lease_seconds * SENDING_SECONDS / LEASE_SECONDS
    for number, each in enumerate(claimed):
        if time.monotonic() > until:
            _give_back(store, claimed[number:])
            break
        try:
            publish(app, each)
        except Exception:
            store.give_back(each, _back_off(each.attempt))
            _give_back(store, claimed[number + 1 :])
            logger.exception("%s[%s] is due and was not taken", each.kept.task, each.kept.message.task_id)
            raise
        store.remove(each.kept.entry)
    if claimed:
        return 0.0
    return LONGEST_IDLE_SECONDS if left is None else min(LONGEST_IDLE_SECONDS, left)


def _give_back(store: LaterStore, rest: Sequence[Claimed]) -> None:
    for each in rest:
        store.give_back(each, 0)


def _back_off(attempt: int) -> float:
    """So that one message that is never taken does not stop the others."""
    return float(min(2.0 ** min(attempt, 20), LONGEST_BACK_OFF_SECONDS))

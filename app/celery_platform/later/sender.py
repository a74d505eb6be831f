"""Publish due messages: claim, publish, wait for the broker's confirm, remove.

Any number of senders may run. If one dies in between, another claims its messages when the lease ends, and publishes
them with another attempt number. Workers start only one of the copies (`reliability.one_copy`).
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
# A publish must not start if it could exceed the lease, because another sender would then publish the same message.
SENDING_SECONDS = LEASE_SECONDS - 2 * PUBLISH_BUDGET_SECONDS
LONGEST_IDLE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_BACK_OFF_SECONDS = 600.0


def start_sender(app: Any) -> threading.Event:
    """Send due messages from a thread until this process exits or the returned event is set."""
    stopped = threading.Event()
    threading.Thread(target=run, args=(app, stopped), name="later-sender", daemon=True).start()
    return stopped


def run(app: Any, stopped: threading.Event) -> None:
    """Send until `stopped` is set. After any error, continue in 1, 2, 4 ... at most 30 s."""
    pause = 1.0
    while not stopped.is_set():
        try:
            idle = send_due(app, later_store())
        except Exception as error:
            # Catch everything: if this thread ended, beat would continue and nobody would notice.
            logger.warning("cannot send due messages: %r; trying again in %.0f s", error, pause)
            stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        pause = 1.0
        stopped.wait(idle)


def send_due(app: Any, store: LaterStore, lease_seconds: float = LEASE_SECONDS) -> float:
    """Publish due messages, at most `BATCH`; return the number of seconds until there may be more to do.

    Raises:
        RedisError: the store does not answer.
        Exception: the broker did not confirm a message. It and the later ones are due again.
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
            logger.exception("%s[%s] is due and could not be published", each.kept.task, each.kept.message.task_id)
            raise
        store.remove(each.kept.entry)
    if claimed:
        return 0.0
    return LONGEST_IDLE_SECONDS if left is None else min(LONGEST_IDLE_SECONDS, left)


def _give_back(store: LaterStore, rest: Sequence[Claimed]) -> None:
    for each in rest:
        store.give_back(each, 0)


def _back_off(attempt: int) -> float:
    """The delay in seconds before a message is tried again, so that it does not block the others."""
    return float(min(2.0 ** min(attempt, 20), LONGEST_BACK_OFF_SECONDS))

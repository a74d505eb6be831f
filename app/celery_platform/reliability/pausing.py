"""Pause a queue and let it go on: on every broker, for all workers, kept in the store until somebody says otherwise.

Publishing goes on. Workers see it within a few seconds (`worker/store_gate.py`), take nothing more from the queue, run
what they hold of it, and go on with their other queues.
"""

from typing import Any

from celery_platform.reliability.paused_queues import Pause, as_text, paused_key, pauses_of
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# A worker asks the store every two seconds, and its loop compares every second.
SEEN_SECONDS = 4.0


def pause(label: str, pause: Pause) -> bool:
    """Pause the queue with this label. Returns false, and changes nothing, where it is paused already.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `pause("email", Pause(time.time(), by="ann", reason="the relay refuses"))`
    """
    return bool(valkey().hsetnx(paused_key(runtime().environment.prefix), label, as_text(pause)))


def resume(label: str) -> bool:
    """Let the queue with this label go on. Returns false where it is not paused.

    Raises:
        StoreAwayError: the store does not answer.
    """
    return bool(valkey().hdel(paused_key(runtime().environment.prefix), label))


def pauses() -> dict[str, Pause]:
    """The paused queues by label.

    Raises:
        StoreAwayError: the store does not answer.
    """
    found: Any = valkey().hgetall(paused_key(runtime().environment.prefix))
    return pauses_of(found.items())

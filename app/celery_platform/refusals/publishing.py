"""The checks that every published message passes, in the producer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kombu.exceptions import EncodeError

from app.errors import RefusedMessageError
from app.refusals.chord import refuse_a_chord_without_results
from app.refusals.delay import within_the_longest_delay
from app.refusals.priority import refuse_a_priority_that_nothing_keeps
from app.refusals.time_limit import refuse_a_longer_time_limit
from app.routes import queue_of
from app.settings import Resolved

# Celery's own tasks (`celery.backend_cleanup`) go to the default queue.
_CELERYS_OWN = "celery."


def refuse(environment: Resolved, task: str, delay: int | None, options: Mapping[str, Any]) -> int | None:
    """The delay to publish with, in seconds, when nothing speaks against the message.

    Raises:
        RefusedMessageError: the broker could not keep its promise for this message. Nothing was sent.
        SettingsError: no queue carries the task (`app/routes.py`).
    """
    if task.startswith(_CELERYS_OWN):
        return delay
    queue = queue_of(environment, task)
    refuse_a_chord_without_results(task, options)
    refuse_a_longer_time_limit(task, queue, options)
    refuse_a_priority_that_nothing_keeps(task, queue, options)
    return within_the_longest_delay(task, queue, delay, is_retry=bool(options.get("retries")))


@contextmanager
def refused_in_words(task: str) -> Iterator[None]:
    """Say what cannot be written as JSON, which is all that a worker accepts.

    Raises:
        RefusedMessageError: an argument is not JSON. Nothing was sent.
    """
    try:
        yield
    except EncodeError as error:
        raise RefusedMessageError(
            expected=f"arguments of {task} that JSON can carry",
            found=str(error),
            remedy="Send ids, numbers and text; keep objects and files in a store and send their key.",
        ) from None

"""The checks that every published message passes, in the producer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kombu.exceptions import EncodeError

from celery_platform.errors import RefusedMessageError
from celery_platform.refusals.chord import refuse_a_chord_without_results
from celery_platform.refusals.delay import refuse_a_delay_beyond_the_bound
from celery_platform.refusals.message_group import refuse_a_group_that_nothing_keeps
from celery_platform.refusals.priority import refuse_a_priority_that_nothing_keeps
from celery_platform.refusals.serializer import refuse_a_serializer_that_no_worker_takes
from celery_platform.refusals.time_limit import refuse_a_longer_time_limit
from celery_platform.settings import QueueSettings, runtime

# Celery's own tasks (`celery.backend_cleanup`) go to the default queue.
_CELERYS_OWN = "celery."


def refuse(queue: QueueSettings, task: str, delay: int | None, options: Mapping[str, Any]) -> None:
    """Check a message to `queue` with a delay in seconds, before it is sent.

    Raises:
        RefusedMessageError: a guarantee could not be kept for this message. Nothing was sent.
    """
    refuse_a_delay_beyond_the_bound(task, delay)
    if task.startswith(_CELERYS_OWN):
        return
    refuse_a_chord_without_results(task, options)
    refuse_a_longer_time_limit(task, queue, options)
    refuse_a_priority_that_nothing_keeps(task, queue, options)
    refuse_a_serializer_that_no_worker_takes(task, options, runtime().environment.application["accept_content"])
    refuse_a_group_that_nothing_keeps(task, queue, options, runtime().environment.broker_kind)


@contextmanager
def refused_in_words(task: str) -> Iterator[None]:
    """Explain which argument is not JSON, the only format that a worker accepts.

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

"""A countdown or ETA beyond the queue's longest delay.

A broker that delivers again what is not acknowledged in time runs such a task several times: SQS and Redis were seen to
run one with a countdown of 20 s and a visibility timeout of 8 s three times (kombu#337, celery#4400, both open). The
longest delay is part of the queue's time budget, so it is the same promise on every broker.
"""

from celery_platform.errors import RefusedMessageError
from celery_platform.settings import QueueSettings


def within_the_longest_delay(task: str, queue: QueueSettings, delay: int | None, *, is_retry: bool) -> int | None:
    """The delay, refused when it is too long; a retry comes sooner than it asked for instead of failing its task.

    Raises:
        RefusedMessageError: longer than `max_countdown_seconds` of the queue.
    """
    if delay is None or delay <= queue.max_countdown:
        return delay
    if is_retry:
        return queue.max_countdown or None
    raise RefusedMessageError(
        expected=f"a delay of {task} of at most {queue.max_countdown} s (queues.{queue.label}.max_countdown_seconds)",
        found=f"{delay} s",
        remedy="Keep what is due later in the schedule or in a database, and send it when it is due.",
    )

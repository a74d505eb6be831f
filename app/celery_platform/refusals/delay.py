"""Refuses a countdown or ETA that is further away than any message is stored.

A queue itself may hold `max_countdown_seconds`: a broker that delivers unacknowledged messages again would run a longer
one several times (SQS and Redis were seen to run one with a countdown of 20 s and a visibility
timeout of 8 s three times; kombu#337, celery#4400, both open). A message that is due later waits in the result store
(`celery_platform.later`). That needs a limit, too: a delay of ten years is a mistake in a unit, or belongs in a
database.
"""

from celery_platform.errors import RefusedMessageError

# Enough for a yearly task, with a month to spare.
LONGEST_SECONDS = 400 * 86_400


def refuse_a_delay_beyond_the_bound(task: str, delay: int | None) -> None:
    """Compare a delay, in seconds, with the longest that is stored.

    Raises:
        RefusedMessageError: the delay is longer.
    """
    if delay is not None and delay > LONGEST_SECONDS:
        raise RefusedMessageError(
            expected=f"a delay of {task} of at most {LONGEST_SECONDS // 86_400} days ({LONGEST_SECONDS} s)",
            found=f"{delay} s",
            remedy="Keep what is due later in a database, and send it when it is due.",
        )

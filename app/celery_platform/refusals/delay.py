"""A countdown or ETA that is further away than anything is kept.

What a queue itself may hold is `max_countdown_seconds`: a broker that delivers again what is not acknowledged in time
would run a longer one several times (SQS and Redis were seen to run one with a countdown of 20 s and a visibility
timeout of 8 s three times; kombu#337, celery#4400, both open). What is due later waits in the result store
(`celery_platform.later`). That needs an end, too: whoever asks for ten years has a mistake in a unit, or wants a
database.
"""

from celery_platform.errors import RefusedMessageError

# A yearly task, and a month to spare.
LONGEST_SECONDS = 400 * 86_400


def refuse_a_delay_beyond_the_bound(task: str, delay: int | None) -> None:
    """Compare a delay, in seconds, with the longest that is kept.

    Raises:
        RefusedMessageError: it is longer.
    """
    if delay is not None and delay > LONGEST_SECONDS:
        raise RefusedMessageError(
            expected=f"a delay of {task} of at most {LONGEST_SECONDS // 86_400} days ({LONGEST_SECONDS} s)",
            found=f"{delay} s",
            remedy="Keep what is due later in a database, and send it when it is due.",
        )

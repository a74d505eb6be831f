"""The closed list of what can become of a delivery, and which of them an exception stands for."""

from enum import StrEnum

from billiard.exceptions import Terminated, WorkerLostError
from celery.exceptions import Ignore, Reject, Retry


class Settlement(StrEnum):
    """What became of a delivery. It is acknowledged only after what the name says is stored."""

    DONE = "done"  # the task succeeded; its result is stored, and what follows it is published
    RETRIED = "retried"  # the message was published again, to run later
    DEAD_LETTERED = "dead_lettered"  # the message is in the dead letter queue, with the reason
    GIVEN_BACK = "given_back"  # the broker delivers the message again
    EXPIRED = "expired"  # the time until which its sender wanted it is over
    REVOKED = "revoked"  # somebody revoked it
    IGNORED = "ignored"  # the task said that nothing more is to be done


class DeadLettered(Ignore):
    """Raised in place of running a task whose message was dead-lettered."""


def settlement_of(error: BaseException, *, comes_again: bool) -> Settlement:
    """What an attempt that ended with `error` becomes. `comes_again` says whether a lost worker's message does.

    Example: `settlement_of(Reject(requeue=True), comes_again=False) is Settlement.GIVEN_BACK`
    """
    if isinstance(error, Retry):
        return Settlement.RETRIED
    if isinstance(error, Reject):
        return Settlement.GIVEN_BACK if vars(error)["requeue"] else Settlement.DEAD_LETTERED
    if isinstance(error, DeadLettered):
        return Settlement.DEAD_LETTERED
    if isinstance(error, Ignore):
        return Settlement.IGNORED
    if isinstance(error, Terminated):
        return Settlement.REVOKED
    if isinstance(error, WorkerLostError | SystemExit | KeyboardInterrupt) and comes_again:
        return Settlement.GIVEN_BACK
    return Settlement.DEAD_LETTERED if getattr(error, "dead_letter", True) else Settlement.IGNORED

"""The time budget: one chain of limits in which every link outlives the one before it.

    soft limit < hard limit < worker stop timeout < visibility timeout and consumer timeout

A task that overruns first gets an exception (soft limit), then it is killed (hard limit). A stopping worker may finish
the tasks it runs (stop timeout: systemd, pod grace period, lifecycle hook). The broker must not deliver the message to
another worker while the first may still run it, or hold it for a countdown or behind other messages (visibility timeout
on SQS and Redis, consumer timeout on RabbitMQ). Celery's documentation asks for this under "Visibility timeout";
celery#3270 shows what happens without it.

A queue without a time limit has neither a soft nor a hard limit. Its stop timeout is configured rather than derived,
and only RabbitMQ waits for its tasks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Time for a task to clean up after SoftTimeLimitExceeded.
CLEAN_UP_SECONDS = 10
# Time for a worker to notice SIGTERM and, after its last task, to acknowledge and to close its connections.
SHUTDOWN_SECONDS = 20
# Allowance for clock skew and for the slowest acknowledgement.
ACKNOWLEDGE_SECONDS = 30
# AWS: an SQS visibility timeout is at most 12 hours.
MAX_VISIBILITY_TIMEOUT_SECONDS = 43_200
# How long RabbitMQ waits for a task without a limit: 24 days, because Amazon MQ takes no more than 2,147,483,647 ms
# (Amazon MQ guide, "Configurable values").
UNLIMITED_CONSUMER_TIMEOUT_SECONDS = 24 * 86_400
# When a worker stops, running tasks without a limit get this long unless the pool says otherwise. Then their messages
# are requeued.
UNLIMITED_STOP_SECONDS = 600


def hard_time_limit(soft: int) -> int:
    """Seconds after which a task is killed if it got `SoftTimeLimitExceeded` after `soft` seconds."""
    return soft + CLEAN_UP_SECONDS


@dataclass(frozen=True)
class TimeBudget:
    """The limits of one queue or, for a pool, the largest limits of its queues. All in seconds; `None` means no limit.

    Example: `TimeBudget.of(soft=60, countdown=300).hard_time_limit == 70`
    """

    soft_time_limit: int | None
    hard_time_limit: int | None
    stop_timeout: int
    max_countdown: int
    visibility_timeout: int
    consumer_timeout: int

    @classmethod
    def of(cls, soft: int, countdown: int, behind: int = 0) -> "TimeBudget":
        """The chain that follows from a soft time limit.

        Args:
            soft: the soft time limit in seconds.
            countdown: the longest countdown that the broker holds, in seconds.
            behind: the longest that a message waits in a worker behind other messages, in seconds.

        Example: `TimeBudget.of(soft=60, countdown=0).visibility_timeout == 120`
        """
        hard = hard_time_limit(soft)
        stop = hard + SHUTDOWN_SECONDS
        held = countdown + behind + stop + ACKNOWLEDGE_SECONDS
        return cls(
            soft_time_limit=soft,
            hard_time_limit=hard,
            stop_timeout=stop,
            max_countdown=countdown,
            visibility_timeout=held,
            consumer_timeout=held,
        )

    @classmethod
    def unlimited(cls, countdown: int, stop: int = UNLIMITED_STOP_SECONDS) -> "TimeBudget":
        """The chain of a queue whose tasks have no time limit.

        Example: `TimeBudget.unlimited(countdown=300).stop_timeout == 600`
        """
        return cls(
            soft_time_limit=None,
            hard_time_limit=None,
            stop_timeout=stop,
            max_countdown=countdown,
            visibility_timeout=UNLIMITED_CONSUMER_TIMEOUT_SECONDS,
            consumer_timeout=UNLIMITED_CONSUMER_TIMEOUT_SECONDS,
        )

    @classmethod
    def largest(cls, budgets: list["TimeBudget"]) -> "TimeBudget":
        """The budget that satisfies all of `budgets`, for what they share: a pool or a broker-wide setting."""
        return cls(
            soft_time_limit=_largest(budget.soft_time_limit for budget in budgets),
            hard_time_limit=_largest(budget.hard_time_limit for budget in budgets),
            stop_timeout=max(budget.stop_timeout for budget in budgets),
            max_countdown=max(budget.max_countdown for budget in budgets),
            visibility_timeout=max(budget.visibility_timeout for budget in budgets),
            consumer_timeout=max(budget.consumer_timeout for budget in budgets),
        )


def _largest(limits: Iterable[int | None]) -> int | None:
    known = list(limits)
    return None if None in known else max(limit for limit in known if limit is not None)

"""The time budget: one chain of limits in which every link outlives the one before it.

    soft limit < hard limit < worker stop timeout < visibility timeout and consumer timeout

A task that overruns first gets an exception (soft), then is killed (hard); a stopping worker may finish what it runs
(stop timeout: systemd, pod grace period, lifecycle hook); and a broker must not hand the message to another worker
while the first may still be running it or holding it, for a countdown or behind other messages (visibility timeout on
SQS and Redis, consumer timeout on RabbitMQ). Celery's documentation asks for this under "Visibility timeout";
celery#3270 is what happens without it.

A queue without a limit has no soft and no hard limit; its stop timeout is stated, and only RabbitMQ waits for its
tasks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Time for a task to clean up after SoftTimeLimitExceeded.
CLEAN_UP_SECONDS = 10
# Time for a worker to notice TERM, acknowledge and close connections after its last task.
SHUTDOWN_SECONDS = 20
# Clock error and the slowest acknowledgement we plan for.
ACKNOWLEDGE_SECONDS = 30
# AWS: an SQS visibility timeout is at most 12 hours.
MAX_VISIBILITY_TIMEOUT_SECONDS = 43_200
# How long RabbitMQ waits for a task without a limit: 24 days, because Amazon MQ takes no more than 2,147,483,647 ms
# (Amazon MQ guide, "Configurable values").
UNLIMITED_CONSUMER_TIMEOUT_SECONDS = 24 * 86_400
# What running tasks without a limit get when a worker stops, unless the pool says; then they go back to the broker.
UNLIMITED_STOP_SECONDS = 600


def hard_time_limit(soft: int) -> int:
    """Seconds after which a task is ended that got `SoftTimeLimitExceeded` after `soft` seconds."""
    return soft + CLEAN_UP_SECONDS


@dataclass(frozen=True)
class TimeBudget:
    """The limits of one queue or, for a pool, the largest of its queues. All in seconds; `None` is no limit.

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
        """The chain for a soft time limit, the longest countdown, and the longest wait behind messages held before it.

        All in seconds.
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
        """The chain of a queue whose tasks take as long as they like.

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
        """The budget that satisfies all of `budgets`, for what they share: a pool, or a broker-wide setting."""
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

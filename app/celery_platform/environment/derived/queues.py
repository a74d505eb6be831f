"""The names of queues, and the extra queues for high priority."""

from dataclasses import asdict

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment
from celery_platform.environment.model.queues import Queue
from celery_platform.environment.time_budget import TimeBudget

# SQS requires this suffix for FIFO queues; the dead letter queue of a FIFO queue must be FIFO too.
FIFO = ".fifo"


def queue_names(prefix: str, label: str, queue: Queue) -> Json:
    """The names of a queue and of its dead letter queue.

    Example: `queue_names("celery-prod", "email", queue)["dead_letter_name"] == "celery-prod-email-dlq"`
    """
    end = FIFO if queue.fifo else ""
    return {"name": f"{prefix}-{label}{end}", "dead_letter_name": f"{prefix}-{label}-dlq{end}"}


def high_priority_label(env: Environment, label: str) -> str | None:
    """The label of the separate queue for high-priority messages of `label`; `None` if it needs none.

    Labels in a file contain no hyphen, so this one cannot collide with them.

    Example: `high_priority_label(env, "email") == "email-high"`
    """
    separate = env.queues[label].priorities > 1 and not env.broker.kind.facts.priorities_in_a_queue
    return f"{label}-high" if separate else None


def queue_of(env: Environment, prefix: str, label: str, budget: TimeBudget) -> Json:
    """The section of one queue: its names, pools, deliveries, priorities and time budget.

    Args:
        env: the environment, with its high-priority queues.
        prefix: what names of the environment begin with.
        label: the queue's label in the file.
        budget: the queue's time limits, in seconds.
    """
    queue = env.queues[label]
    return {
        **queue_names(prefix, label, queue),
        "pools": list(queue.pool),
        "max_deliveries": queue.max_deliveries,
        "priorities": queue.priorities,
        "high_priority_queue": high_priority_label(env, label),
        "time_budget": asdict(budget),
    }


def with_high_priority_queues(env: Environment) -> Environment:
    """The environment with a high-priority queue before each queue that needs one.

    To the other layers it is a queue like any other.
    """
    queues: dict[str, Queue] = {}
    for label, queue in env.queues.items():
        high = high_priority_label(env, label)
        if high:
            queues[high] = queue.model_copy(update={"priorities": 1})
        queues[label] = queue
    return env.model_copy(update={"queues": queues})

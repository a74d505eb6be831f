"""Names of queues, and the queues that stand for priorities."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import BrokerKind, Environment
from celery_platform.environment.model.queues import Queue

# SQS knows a FIFO queue by the end of its name; its dead letter queue must be one, too.
FIFO = ".fifo"
# RabbitMQ orders the messages of one queue. SQS has no priorities, and a Redis list has no order but its own.
SEPARATE_PRIORITIES = (BrokerKind.SQS, BrokerKind.REDIS)


def queue_names(prefix: str, label: str, queue: Queue) -> Json:
    """The names of a queue and of its dead letter queue.

    Example: `queue_names("celery-prod", "email", queue)["dead_letter_name"] == "celery-prod-email-dlq"`
    """
    end = FIFO if queue.fifo else ""
    return {"name": f"{prefix}-{label}{end}", "dead_letter_name": f"{prefix}-{label}-dlq{end}"}


def high_priority_label(env: Environment, label: str) -> str | None:
    """The label of the queue that carries what `label` must do first; `None` when its own queue does, or none is asked.

    No label in a file has a hyphen, so it cannot be one of them.

    Example: `high_priority_label(env, "email") == "email-high"`
    """
    separate = env.queues[label].priorities > 1 and env.broker.kind in SEPARATE_PRIORITIES
    return f"{label}-high" if separate else None


def with_high_priority_queues(env: Environment) -> Environment:
    """The environment with those queues written out before what they overtake; to every layer they are as others."""
    queues: dict[str, Queue] = {}
    for label, queue in env.queues.items():
        high = high_priority_label(env, label)
        if high:
            queues[high] = queue.model_copy(update={"priorities": 1})
        queues[label] = queue
    return env.model_copy(update={"queues": queues})

"""Names of queues."""

from app.environment.derived import Json
from app.environment.model.queues import Queue

# SQS knows a FIFO queue by the end of its name; its dead letter queue must be one, too.
FIFO = ".fifo"


def queue_names(prefix: str, label: str, queue: Queue) -> Json:
    """The names of a queue and of its dead letter queue.

    Example: `queue_names("celery-prod", "email", queue)["dead_letter_name"] == "celery-prod-email-dlq"`
    """
    end = FIFO if queue.fifo else ""
    return {"name": f"{prefix}-{label}{end}", "dead_letter_name": f"{prefix}-{label}-dlq{end}"}

"""Which queue carries which task: the one table. A task that is not in it cannot be published."""

from collections.abc import Mapping

from app.errors import SettingsError
from app.settings import QueueSettings, Resolved

# Task name -> queue label of the environment file.
QUEUE_OF_TASK: Mapping[str, str] = {
    "app.tasks.thumbnails.resize_image": "thumbnails",
    "app.tasks.thumbnails.combine_thumbnails": "thumbnails",
    "app.tasks.thumbnails.record_failed_sheet": "thumbnails",
    "app.tasks.payments.charge_customer": "payments",
    "app.tasks.metrics.fetch_social_metrics": "metrics",
    "app.tasks.email.send_email": "email",
    "app.tasks.report.send_report": "reports",
}


def queue_of(environment: Resolved, task: str) -> QueueSettings:
    """The queue of a task.

    Raises:
        SettingsError: the task is not in the table, or the environment lacks its queue.
    """
    label = QUEUE_OF_TASK.get(task)
    if label is None:
        raise SettingsError(
            expected=f"a queue for task {task}", found="none", remedy="Add the task to QUEUE_OF_TASK in app/routes.py."
        )
    if label not in environment.queues:
        raise SettingsError(
            expected=f"a queue {label} in environment {environment.name}, for task {task}",
            found=", ".join(environment.queues),
            remedy=f"Add queues.{label} to its environment.yml and run `make render`.",
        )
    return environment.queues[label]

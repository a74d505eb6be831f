"""The project's own base class of tasks, and its own Request."""

import logging
from typing import Any

from celery.contrib.django.task import DjangoTask
from celery.worker.request import Request

logger = logging.getLogger("mysite.requests")


class AuditedRequest(Request):
    """Logs that a worker's main process handed the task out."""

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """Called once a child has the task."""
        logger.warning("audited request %s", self.id)
        super().on_accepted(pid, time_accepted)


class AuditedTask(DjangoTask):
    """Notes in the database how each run began and failed."""

    abstract = True
    Request = AuditedRequest

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Note the run, then run."""
        from orders.models import Event

        Event.objects.create(name="audited", detail=self.request.id or "")
        return super().__call__(*args, **kwargs)

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Note the failure."""
        from orders.models import Event

        Event.objects.create(name="audited failure", detail=task_id)
        super().on_failure(exc, task_id, args, kwargs, einfo)

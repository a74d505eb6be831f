"""Reports: slow, audited, nightly."""

from celery import shared_task
from mysite.tasks import AuditedTask
from orders.models import Event


@shared_task(base=AuditedTask, bind=True, time_limit=900)
def build_report(self, name: str, fails: bool = False) -> dict:
    """Returns what limits it ran under."""
    if fails:
        raise ValueError(f"no data for {name}")
    Event.objects.create(name="report", detail=name)
    return {"name": name, "queue": self.request.delivery_info["routing_key"], "time_limit": self.time_limit}


@shared_task
def nightly(by: str) -> None:
    Event.objects.create(name="nightly", detail=by)

"""Mail: a quota, and reminders that are due later."""

from celery import shared_task
from orders.models import Event


@shared_task(rate_limit="60/m")
def send_mail(to: str) -> str:
    Event.objects.create(name="mail", detail=to)
    return to


@shared_task(acks_late=True, ignore_result=True)
def remind(to: str) -> None:
    Event.objects.create(name="reminder", detail=to)

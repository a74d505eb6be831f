"""Tasks of orders: they use the ORM, and try again in each of Celery's ways."""

from celery import shared_task

from orders.models import Event, Order


class CarrierIsAwayError(Exception):
    """The carrier did not answer."""


@shared_task
def create_order(number: str, cents: int) -> str:
    order, _ = Order.objects.get_or_create(number=number, defaults={"cents": cents})
    return order.number


@shared_task(bind=True, autoretry_for=(CarrierIsAwayError,), max_retries=3, retry_backoff=False, default_retry_delay=1)
def ship_order(self, number: str, failures: int = 0) -> int:
    Event.objects.create(name="ship", detail=number)
    if self.request.retries < failures:
        raise CarrierIsAwayError(number)
    Order.objects.filter(number=number).update(state="shipped")
    return self.request.retries


@shared_task(bind=True, max_retries=5)
def collect_payment(self, number: str, delays: list[int]) -> list[int]:
    Event.objects.create(name="collect", detail=number)
    if self.request.retries < len(delays):
        raise self.retry(countdown=delays[self.request.retries])
    return delays


@shared_task
def total(parts: list[int]) -> int:
    return sum(parts)

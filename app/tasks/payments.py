"""Charging a customer exactly once for each order."""

from typing import Any

from app.celery import celery
from app.services import http
from app.settings import runtime


@celery.task(name="app.tasks.payments.charge_customer")
def charge_customer(order_id: str, amount_cents: int, currency: str) -> str:
    """Charge an order; returns the charge's id.

    The order's id is the gateway's idempotency key: a retry, a redelivery or the same order sent twice gets the charge
    there is. Nothing is locked or written here while the gateway works: dying at any moment leaves nothing half done.

    Raises:
        TransientError: retried. PermanentError: the gateway refuses the order; goes to the dead letters.

    Example: `charge_customer.delay("order-1", 1999, "EUR")`
    """
    receipt: dict[str, Any] = http.call(
        "POST",
        f"{runtime().environment.services['payment_gateway_url']}/charges",
        body={"order_id": order_id, "amount_cents": amount_cents, "currency": currency},
        headers={
            "Idempotency-Key": order_id,
            "Authorization": f"Bearer {runtime().secret('payment_gateway')}",
        },
    )
    return str(receipt["charge_id"])

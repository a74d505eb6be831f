"""Charge a customer exactly once for each order."""

from typing import Any

from celery import Task
from celery_platform.reliability.errors import PermanentError
from celery_platform.reliability.idempotent import fencing_token, idempotent

from shop.celery import celery
from shop.needs import needed
from shop.orders import Order, OrderState, orders
from shop.services import http


@celery.task(bind=True, name="shop.tasks.payments.charge_customer")
@idempotent(key=lambda order_id, **_: f"charge:{order_id}")
def charge_customer(self: Task[Any, Any], order_id: str, amount_cents: int, currency: str) -> str:
    """Charge an order; returns the charge's id.

    Uses two short transactions, and none is open during the request: the order becomes `charging`, the gateway is
    called, the order becomes `charged`. The order's id is the gateway's idempotency key. If a worker dies, the next
    delivery finds the state of the order. `charging` means that the request is repeated, and returns the existing
    charge.

    Raises:
        TransientError: retried. PermanentError: the gateway refuses the order; dead-lettered.

    Example: `charge_customer.delay("order-1", 1999, "EUR")`
    """
    store, token = orders(), fencing_token(self)
    order = store.begin(Order(order_id, amount_cents, currency), token)
    if order.state is OrderState.CHARGED and order.charge_id:
        return order.charge_id
    try:
        charge_id = _ask_gateway(order)
    except PermanentError:
        store.end(order_id, token, OrderState.REFUSED)
        raise
    store.end(order_id, token, OrderState.CHARGED, charge_id)
    return charge_id


def _ask_gateway(order: Order) -> str:
    receipt: dict[str, Any] = http.call(
        "POST",
        f"{needed('PAYMENT_GATEWAY_URL')}/charges",
        body={"order_id": order.id, "amount_cents": order.amount_cents, "currency": order.currency},
        headers={
            "Idempotency-Key": order.id,
            "Authorization": f"Bearer {needed('PAYMENT_GATEWAY_SECRET')}",
        },
    )
    return str(receipt["charge_id"])

"""Accept orders: store the order and publish its charge, both or neither."""

import uuid
from contextlib import suppress
from typing import Any

from celery_platform.database import database

from shop.orders import Order, OrderState, orders
from shop.orders.order import OrderConflictError
from shop.producer.answer import Answer, RefuseError
from shop.producer.publishing import Publisher
from shop.tasks.payments import charge_customer

# Ids are derived from the request's key, so that a request that is repeated after a crash has the same order and task.
NAMESPACE = uuid.UUID("6d0f0a52-8f0b-5d0e-9a61-0f2f5b1d6c11")
STEPS = (OrderState.PENDING, OrderState.CHARGING, OrderState.CHARGED)


def order_of(key: str, body: Any) -> Order:
    """The order in a request.

    Raises:
        RefuseError: 400, the request is invalid.
    """
    fields = body if isinstance(body, dict) else {}
    amount, currency = fields.get("amount_cents"), fields.get("currency")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0 or not _is_currency(currency):
        raise RefuseError(400, 'expected JSON such as {"amount_cents": 1999, "currency": "EUR"}')
    return Order(str(uuid.uuid5(NAMESPACE, key)), amount, str(currency))


def take(order: Order, publisher: Publisher) -> Answer:
    """Store the order and publish its charge.

    With a database, both are in one transaction through the outbox, which `app relay` publishes, so the order is
    accepted even while the broker is unavailable. Without one, the order is stored in Valkey, then the task is
    published and confirmed.

    Raises:
        PublishingError: the broker did not accept the task; the same request may be repeated.
        RefuseError: 409, the order exists with another amount.
    """
    arguments, task_id = (order.id, order.amount_cents, order.currency), f"charge-{order.id}"
    try:
        if not _in_one_transaction(order, arguments, task_id):
            orders().add(order)
            publisher.run(lambda: charge_customer.apply_async(arguments, task_id=task_id))
    except OrderConflictError as error:
        raise RefuseError(409, str(error)) from error
    return Answer(202, {"order": order.id, "status": f"/orders/{order.id}"})


def status(order_id: str) -> Answer:
    """The state of the order's payment.

    Raises:
        RefuseError: 404, there is no such order.
    """
    found = orders().find(order_id)
    if found is None:
        raise RefuseError(404, f"no order {order_id}")
    progress = STEPS.index(found.state) if found.state in STEPS else None
    return Answer(
        200,
        {
            "order": found.id,
            "state": found.state,
            "progress": None if progress is None else f"{progress}/{len(STEPS) - 1}",
            "charge": found.charge_id,
        },
    )


def _in_one_transaction(order: Order, arguments: tuple[str, int, str], task_id: str) -> bool:
    """Write order and outbox row in one transaction; returns False without a database."""
    engine = database()
    if engine is None:
        return False
    from celery_platform.outbox.table import enqueue
    from sqlalchemy.exc import IntegrityError

    from shop.orders.sql import SqlOrders

    store = orders()
    if not isinstance(store, SqlOrders):
        return False
    # The row of an earlier request, which died before its response, still waits for the relay.
    with suppress(IntegrityError), engine.begin() as connection:
        store.add(order, connection)
        enqueue(connection, charge_customer, arguments, task_id=task_id)
    return True


def _is_currency(value: object) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()

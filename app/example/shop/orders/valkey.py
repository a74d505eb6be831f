"""Orders as hashes in Valkey, for an application without a database. They expire after the same time as claims.

This is sufficient for the demo; the gateway with its idempotency keys remains the source of truth.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline

from shop.orders.order import Order, OrderState

KEEP_SECONDS = 7 * 86_400


class ValkeyOrders:
    """Implements `Orders` under `<prefix>:order:<id>`. A change that conflicts with another one is repeated."""

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = f"{prefix}:order:"

    def add(self, order: Order) -> Order:
        """As `Orders`."""
        return self._change(order.id, lambda found: found.same_as(order) if found else order)

    def find(self, order_id: str) -> Order | None:
        """As `Orders`."""
        return self._read(self._client, order_id)

    def begin(self, order: Order, token: int) -> Order:
        """As `Orders`."""
        return self._change(order.id, lambda found: (found.same_as(order) if found else order).charging(token))

    def end(self, order_id: str, token: int, state: OrderState, charge_id: str | None = None) -> bool:
        """As `Orders`."""
        found = self.find(order_id)
        if found is None or (found.token, found.state) != (token, OrderState.CHARGING):
            return False
        ended = self._change(order_id, lambda now: _ended(now or found, token, state, charge_id))
        return (ended.token, ended.state) == (token, state)

    def _change(self, order_id: str, make: Callable[[Order | None], Order]) -> Order:
        key = self._prefix + order_id

        def attempt(pipe: Pipeline) -> Order:
            order = make(self._read(pipe, order_id))
            pipe.multi()
            pipe.hset(key, mapping={name: "" if value is None else value for name, value in asdict(order).items()})
            pipe.expire(key, KEEP_SECONDS)
            return order

        changed: Any = self._client.transaction(attempt, key, value_from_callable=True)  # type: ignore[arg-type]
        return cast("Order", changed)

    def _read(self, client: Redis, order_id: str) -> Order | None:
        stored: Any = client.hgetall(self._prefix + order_id)
        return _order(stored) if stored else None


def _ended(order: Order, token: int, state: OrderState, charge_id: str | None) -> Order:
    if order.token != token:
        return order
    return Order(order.id, order.amount_cents, order.currency, state, charge_id, token)


def _order(stored: dict[str, str]) -> Order:
    return Order(
        id=stored["id"],
        amount_cents=int(stored["amount_cents"]),
        currency=stored["currency"],
        state=OrderState(stored["state"]),
        charge_id=stored["charge_id"] or None,
        token=int(stored["token"]),
    )

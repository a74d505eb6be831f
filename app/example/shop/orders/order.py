"""An order and the states of its payment: pending -> charging -> charged, or refused.

`charging` says that the gateway has been or is about to be asked: a worker that finds it must ask again with the same
idempotency key, because only the gateway knows what came of it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from celery_platform.reliability.errors import PermanentError


class OrderState(StrEnum):
    """How far the payment is."""

    PENDING = "pending"
    CHARGING = "charging"
    CHARGED = "charged"
    REFUSED = "refused"


class OrderConflictError(PermanentError):
    """The same order came again with another amount or currency."""


@dataclass(frozen=True)
class Order:
    """`token` is the fencing token of the run that works or worked on it; `charge_id` is the gateway's."""

    id: str
    amount_cents: int
    currency: str
    state: OrderState = OrderState.PENDING
    charge_id: str | None = None
    token: int = 0

    def same_as(self, other: "Order") -> "Order":
        """The order, when the other asks for the same.

        Raises:
            OrderConflictError: it does not.
        """
        if (self.amount_cents, self.currency) != (other.amount_cents, other.currency):
            raise OrderConflictError(
                f"order {self.id} is over {self.amount_cents} {self.currency}, and came again with "
                f"{other.amount_cents} {other.currency}"
            )
        return self

    def charging(self, token: int) -> "Order":
        """What a run with this token may make of it: itself when it is charged or a later run is at work."""
        if self.state is OrderState.CHARGED or token < self.token:
            return self
        return replace(self, state=OrderState.CHARGING, token=token)


class Orders(Protocol):
    """Where orders are kept. Each call is one short transaction."""

    def add(self, order: Order) -> Order:
        """Keep a new order; the one there is when it came before. Raises OrderConflictError."""
        ...

    def find(self, order_id: str) -> Order | None:
        """The order with this id."""
        ...

    def begin(self, order: Order, token: int) -> Order:
        """First transaction: `charging` by the run with this token, unless it is charged. Raises OrderConflictError."""
        ...

    def end(self, order_id: str, token: int, state: OrderState, charge_id: str | None = None) -> bool:
        """Second transaction: what came of it. False when a run with a larger token has taken over."""
        ...

"""An order and the states of its payment: pending -> charging -> charged, or refused.

`charging` means that the request to the gateway was or is about to be sent. A worker that finds this state must repeat
the request with the same idempotency key, because only the gateway knows the result.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from celery_platform.reliability.errors import PermanentError


class OrderState(StrEnum):
    """The state of the payment."""

    PENDING = "pending"
    CHARGING = "charging"
    CHARGED = "charged"
    REFUSED = "refused"


class OrderConflictError(PermanentError):
    """The same order was submitted again with another amount or currency."""


@dataclass(frozen=True)
class Order:
    """`token` is the fencing token of the current or last run; `charge_id` is the gateway's id of the charge."""

    id: str
    amount_cents: int
    currency: str
    state: OrderState = OrderState.PENDING
    charge_id: str | None = None
    token: int = 0

    def same_as(self, other: "Order") -> "Order":
        """The order, if the other has the same amount and currency.

        Raises:
            OrderConflictError: it has not.
        """
        if (self.amount_cents, self.currency) != (other.amount_cents, other.currency):
            raise OrderConflictError(
                f"order {self.id} is over {self.amount_cents} {self.currency}, and was submitted again with "
                f"{other.amount_cents} {other.currency}"
            )
        return self

    def charging(self, token: int) -> "Order":
        """The order for a run with this token: unchanged if it is charged, or if a later run has it."""
        if self.state is OrderState.CHARGED or token < self.token:
            return self
        return replace(self, state=OrderState.CHARGING, token=token)


class Orders(Protocol):
    """A store of orders. Each call is one short transaction."""

    def add(self, order: Order) -> Order:
        """Store a new order, or return the existing one. Raises OrderConflictError."""
        ...

    def find(self, order_id: str) -> Order | None:
        """The order with this id."""
        ...

    def begin(self, order: Order, token: int) -> Order:
        """First transaction: set `charging` for the run with this token, unless charged. Raises OrderConflictError."""
        ...

    def end(self, order_id: str, token: int, state: OrderState, charge_id: str | None = None) -> bool:
        """Second transaction: store the result. Returns False if a run with a larger token has taken over."""
        ...

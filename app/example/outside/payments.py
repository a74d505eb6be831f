"""A payment gateway that charges once for each idempotency key, however often a request is repeated."""

import threading
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass
class Charge:
    """One charge. `requests` counts the requests with its key, including the first."""

    charge_id: str
    order_id: str
    amount_cents: int
    currency: str
    idempotency_key: str
    requests: int = 1

    def receipt(self) -> dict[str, Any]:
        """The response, which is the same for each request."""
        return {
            "charge_id": self.charge_id,
            "order_id": self.order_id,
            "amount_cents": self.amount_cents,
            "currency": self.currency,
        }


class KeyReusedError(Exception):
    """An idempotency key was used again with another order, amount or currency, which is an error of the caller."""


class Payments:
    """The charges of the gateway. Thread-safe."""

    def __init__(self) -> None:
        self._charges: dict[str, Charge] = {}
        self._lock = threading.Lock()

    def charge(self, key: str, order_id: str, amount_cents: int, currency: str) -> tuple[Charge, bool]:
        """Create a charge, or return the existing one with this key; also returns whether it is new.

        Raises:
            KeyReusedError: the key was used for another request.
            ValueError: the amount is not a positive whole number of cents.
        """
        if not isinstance(amount_cents, int) or isinstance(amount_cents, bool) or amount_cents <= 0:
            raise ValueError(f"amount_cents must be a whole number above 0, found {amount_cents!r}")
        with self._lock:
            known = self._charges.get(key)
            if known is None:
                made = Charge(f"ch_{uuid.uuid4().hex[:16]}", order_id, amount_cents, currency, key)
                self._charges[key] = made
                return made, True
            if (known.order_id, known.amount_cents, known.currency) != (order_id, amount_cents, currency):
                raise KeyReusedError(f"key {key} was used for order {known.order_id}")
            known.requests += 1
            return known, False

    def ledger(self) -> list[dict[str, Any]]:
        """All charges, oldest first. Two charges for one order are a duplicate effect."""
        with self._lock:
            return [
                {
                    "charge_id": charge.charge_id,
                    "order_id": charge.order_id,
                    "idempotency_key": charge.idempotency_key,
                    "requests": charge.requests,
                }
                for charge in self._charges.values()
            ]

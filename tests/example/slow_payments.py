"""A payment gateway that takes its time, so that a test can stop a worker in the middle of a task."""

import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "app" / "example"))
from outside.payments import Charge, Payments


class SlowPayments(Payments):
    """Charges at once and answers orders named by `slow` after their time: the effect is there, the task is not done.

    `asked[order]` holds when each request for it came, in seconds since 1970.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: defaultdict[str, list[float]] = defaultdict(list)

    @staticmethod
    def slow(order: str, seconds: float) -> str:
        """The name of an order whose charge takes so long.

        Example: `SlowPayments.slow("order-1", 8) == "order-1/8"`
        """
        return f"{order}/{seconds:g}"

    def charge(self, key: str, order_id: str, amount_cents: int, currency: str) -> tuple[Charge, bool]:
        self.asked[order_id].append(time.time())
        answer = super().charge(key, order_id, amount_cents, currency)
        if "/" in order_id:
            time.sleep(float(order_id.rpartition("/")[2]))
        return answer

    def charged(self, order: str) -> int:
        """How often the customer paid."""
        return sum(charge["order_id"] == order for charge in self.ledger())

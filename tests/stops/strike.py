"""What becomes of orders whose workers end in the middle of charging them."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .brokers import SLOTS, Broker
from .gateway import Ledger

ORDERS = 3 * SLOTS
PATIENCE_SECONDS = 240
ENDS = ("TERM", "KILL", "OOM", "broker restart", "deploy")
SEND = """
from shop.tasks.payments import charge_customer
for order in {orders!r}:
    charge_customer.delay(order, 100, "EUR")
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the orders.

    `lost` were never charged, `repeated` counts charges beyond one for each order, `again` attempts beyond one.
    `elsewhere` is when the last interrupted charge was tried again, `done` when all were charged: seconds after it.
    """

    lost: int
    repeated: int
    again: int
    elsewhere: float | None
    done: float


def strike(broker: Broker, gateway: Ledger, end: Callable[[], None], huge_mib: int = 0) -> Outcome:
    """Have two workers charge orders, let `end` happen when both are at it, and wait until all are charged.

    With `huge_mib`, the gateway's answer for the first order is that long: its task runs out of memory.
    """
    orders = [uuid.uuid4().hex[:8] for _ in range(ORDERS)]
    if huge_mib:
        gateway.huge[orders[0]] = huge_mib
    broker.environment.python(SEND.format(orders=orders))
    # One worker has as many slots: more orders are being charged than it could take alone.
    at_once = SLOTS + 1
    eventually(lambda: sum(bool(gateway.asked[order]) for order in orders) >= at_once, f"{at_once} charges at once")
    struck = gateway.asked[orders[0]][0] + gateway.seconds if huge_mib else time.monotonic()
    end()
    done = charged(broker.environment, orders)
    again = {order: gateway.asked[order][1:] for order in orders if len(gateway.asked[order]) > 1}
    return Outcome(
        lost=len(orders) - len(done),
        repeated=sum(gateway.charges[order] - 1 for order in done),
        again=sum(len(times) for times in again.values()),
        elsewhere=round(max(times[0] for times in again.values()) - struck, 1) if again else None,
        done=round(max(done.values(), default=struck) - struck, 1),
    )


def charged(environment: TestEnvironment, orders: list[str]) -> dict[str, float]:
    """When each order was seen charged in the application's own books, which the task writes at its very end.

    The gateway's word is not enough: it may have answered a worker that no longer was.
    """
    seen: dict[str, float] = {}
    with Redis.from_url(environment.valkey_url, decode_responses=True) as books:

        def look() -> bool:
            for order in orders:
                state = books.hget(f"{environment.resolved['prefix']}:order:{order}", "state")
                if order not in seen and state == "charged":
                    seen[order] = time.monotonic()
            return len(seen) == len(orders)

        with suppress(AssertionError):  # what was not charged by now is lost, and counted
            eventually(look, "the last charge", seconds=PATIENCE_SECONDS)
    return seen

"""Orders sent one after the other while something happens to the workers, and what became of them."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.environment import TestEnvironment

from .gateway import Ledger
from .strike import charged

EVERY_SECONDS = 0.25
SEND = """
import sys, time
from pathlib import Path
from shop.tasks.payments import charge_customer
stop, number = Path(sys.argv[1]), 0
while not stop.exists():
    charge_customer.delay(f"{sys.argv[2]}-{number}", 100, "EUR")
    number += 1
    time.sleep(float(sys.argv[3]))
print(number)
"""


@dataclass
class Load:
    """Known when the load has ended: what was `sent`, of it `lost`, `repeated` charges, attempts `again`."""

    gateway: Ledger
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    sent: int = 0
    lost: int = 0
    repeated: int = 0
    again: int = 0

    def asked(self) -> int:
        """How many orders the gateway was asked to charge so far."""
        return sum(bool(times) for order, times in tuple(self.gateway.asked.items()) if order.startswith(self.run))


@contextmanager
def under_load(environment: TestEnvironment, gateway: Ledger, folder: Path) -> Iterator[Load]:
    """Send orders while the block runs; afterwards wait for what is still to be charged."""
    load, stop = Load(gateway), folder / f"stop-{uuid.uuid4().hex[:6]}"
    command = [sys.executable, "-c", SEND, str(stop), load.run, str(EVERY_SECONDS)]
    with subprocess.Popen(command, env=environment.variables, stdout=subprocess.PIPE, text=True) as sender:
        try:
            yield load
            time.sleep(1)
        finally:
            stop.touch()
        load.sent = int((sender.communicate(timeout=60)[0] or "0").split()[-1])
    orders = [f"{load.run}-{number}" for number in range(load.sent)]
    seen = charged(environment, orders)
    load.lost = len(orders) - len(seen)
    load.repeated = sum(gateway.charges[order] - 1 for order in seen)
    load.again = sum(len(gateway.asked[order]) - 1 for order in seen)

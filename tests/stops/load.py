"""Publish entries one after the other while something happens to the workers, and count the outcome."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local_containers.children import ended_with_parent

from tests.harness.environment import TestEnvironment
from tests.harness.ledger import Ledger

from .strike import recorded

EVERY_SECONDS = 0.25
SEND = """
import sys, time
from pathlib import Path
from exercises.effects import record
stop, number = Path(sys.argv[1]), 0
while not stop.exists():
    record.delay(f"{sys.argv[2]}-{number}")
    number += 1
    time.sleep(float(sys.argv[3]))
print(number)
"""


@dataclass
class Load:
    """The outcome after the load has ended: entries `sent`, those `lost`, `repeated` effects, and retries (`again`)."""

    ledger: Ledger
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])
    sent: int = 0
    lost: int = 0
    repeated: int = 0
    again: int = 0

    def asked(self) -> int:
        """Number of entries requested from the ledger so far."""
        return sum(bool(times) for entry, times in tuple(self.ledger.asked.items()) if entry.startswith(self.run))


@contextmanager
def under_load(environment: TestEnvironment, ledger: Ledger, folder: Path) -> Iterator[Load]:
    """Publish entries while the block runs; afterwards wait until all are made."""
    load, stop = Load(ledger), folder / f"stop-{uuid.uuid4().hex[:6]}"
    command = [*ended_with_parent(), sys.executable, "-c", SEND, str(stop), load.run, str(EVERY_SECONDS)]
    with subprocess.Popen(command, env=environment.variables, stdout=subprocess.PIPE, text=True) as sender:
        try:
            yield load
            time.sleep(1)
        finally:
            stop.touch()
        load.sent = int((sender.communicate(timeout=60)[0] or "0").split()[-1])
    entries = [f"{load.run}-{number}" for number in range(load.sent)]
    seen = recorded(environment, entries)
    load.lost = len(entries) - len(seen)
    load.repeated = sum(ledger.effects[entry] - 1 for entry in seen)
    load.again = sum(len(ledger.asked[entry]) - 1 for entry in seen)

"""What becomes of entries whose workers end in the middle of making them."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from exercises.effects import recorded_key
from redis import Redis

from tests.harness.environment import TestEnvironment
from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually

from .brokers import SLOTS, Broker

ENTRIES = 3 * SLOTS
PATIENCE_SECONDS = 240
ENDS = ("TERM", "KILL", "OOM", "broker restart", "deploy")
SEND = """
from exercises.effects import record
for entry in {entries!r}:
    record.delay(entry)
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the entries.

    `lost` were never made, `repeated` counts effects beyond one for each entry, `again` attempts beyond one.
    `elsewhere` is when the last interrupted one was tried again, `done` when all were made: seconds after it.
    """

    lost: int
    repeated: int
    again: int
    elsewhere: float | None
    done: float


def strike(broker: Broker, ledger: Ledger, end: Callable[[], None], huge_mib: int = 0) -> Outcome:
    """Have two workers make entries, let `end` happen when both are at it, and wait until all are made.

    With `huge_mib`, the ledger's answer for the first entry is that long: its task runs out of memory.
    """
    entries = [uuid.uuid4().hex[:8] for _ in range(ENTRIES)]
    if huge_mib:
        ledger.huge[entries[0]] = huge_mib
    broker.environment.python(SEND.format(entries=entries))
    # One worker has as many slots: more entries are being made than it could take alone.
    at_once = SLOTS + 1
    eventually(lambda: sum(bool(ledger.asked[entry]) for entry in entries) >= at_once, f"{at_once} entries at once")
    struck = ledger.asked[entries[0]][0] + ledger.seconds if huge_mib else time.monotonic()
    end()
    done = recorded(broker.environment, entries)
    again = {entry: ledger.asked[entry][1:] for entry in entries if len(ledger.asked[entry]) > 1}
    return Outcome(
        lost=len(entries) - len(done),
        repeated=sum(ledger.effects[entry] - 1 for entry in done),
        again=sum(len(times) for times in again.values()),
        elsewhere=round(max(times[0] for times in again.values()) - struck, 1) if again else None,
        done=round(max(done.values(), default=struck) - struck, 1),
    )


def recorded(environment: TestEnvironment, entries: list[str]) -> dict[str, float]:
    """When each entry was seen in the application's own books, which the task writes at its very end.

    The ledger's word is not enough: it may have answered a worker that no longer was.
    """
    seen: dict[str, float] = {}
    with Redis.from_url(environment.valkey_url, decode_responses=True) as books:

        def look() -> bool:
            for entry in entries:
                if entry not in seen and books.sismember(recorded_key(environment.resolved["prefix"]), entry):
                    seen[entry] = time.monotonic()
            return len(seen) == len(entries)

        with suppress(AssertionError):  # what was not made by now is lost, and counted
            eventually(look, "the last entry", seconds=PATIENCE_SECONDS)
    return seen

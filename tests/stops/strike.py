"""The outcome of entries whose workers end during their tasks."""

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
    """The outcome of the entries.

    `lost` were never made. `repeated` counts effects, and `again` attempts, beyond one for each entry. `elsewhere` is
    the time until the last interrupted entry was retried, `done` the time until all were made, in seconds after the
    end.
    """

    lost: int
    repeated: int
    again: int
    elsewhere: float | None
    done: float


def strike(broker: Broker, ledger: Ledger, end: Callable[[], None], huge_mib: int = 0) -> Outcome:
    """Let two workers make entries, call `end` while both are busy, and wait until all entries are made.

    With `huge_mib`, the ledger's response for the first entry has this size, so that its task runs out of memory.
    """
    entries = [uuid.uuid4().hex[:8] for _ in range(ENTRIES)]
    if huge_mib:
        ledger.huge[entries[0]] = huge_mib
    broker.environment.python(SEND.format(entries=entries))
    # One worker has this many slots, so both are busy when more entries are in progress.
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
    """When each entry was found in the result store, which the task writes at its end.

    The ledger is not enough, because it may have responded to a worker that was already dead.
    """
    seen: dict[str, float] = {}
    with Redis.from_url(environment.valkey_url, decode_responses=True) as books:

        def all_recorded() -> bool:
            for entry in entries:
                if entry not in seen and books.sismember(recorded_key(environment.resolved["prefix"]), entry):
                    seen[entry] = time.monotonic()
            return len(seen) == len(entries)

        with suppress(AssertionError):  # entries that are not made by now count as lost
            eventually(all_recorded, "the last entry", seconds=PATIENCE_SECONDS)
    return seen

"""The outcome of a run, from the workers' records of each task and from the external services."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shop.demo.work import Sent
from shop.needs import needed
from shop.services import http

FAILURES = ("failed", "timed_out")
ENDS = ("succeeded", *FAILURES)


@dataclass
class QueueOutcome:
    """One row of the table. `seconds` are the times from publishing to the end of each task."""

    tasks: int = 0
    failures: int = 0
    retries: int = 0
    waits: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    seconds: list[float] = field(default_factory=list)

    def percentile(self, percent: int) -> float | None:
        """Seconds within which this share of the tasks ended; None without tasks."""
        if len(self.seconds) < 2:
            return self.seconds[0] if self.seconds else None
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1]


@dataclass
class Outcome:
    """The outcome of all tasks. `lost` has the ids of tasks that ended less often than they were delivered."""

    queues: dict[str, QueueOutcome]
    lost: set[str]
    unexpected_failures: set[str]
    missing_failures: set[str]
    missing_effects: int
    expected_dead_letters: int

    @property
    def duplicates(self) -> int:
        """External effects that happened more than once."""
        return sum(queue.duplicates for queue in self.queues.values())

    @property
    def dead_letters(self) -> int:
        """Number of messages by which the dead letter queues grew during this run."""
        return sum(queue.dead_letters for queue in self.queues.values())

    @property
    def good(self) -> bool:
        """Whether nothing was lost or duplicated, and only the expected task failed."""
        wrong = (
            self.lost or self.unexpected_failures or self.missing_failures or self.missing_effects or self.duplicates
        )
        # More is accepted, because other tasks may fail meanwhile. A task of this run would be in unexpected_failures.
        return not wrong and self.dead_letters >= self.expected_dead_letters


def ended(records: Iterable[dict[str, Any]]) -> int:
    """Number of records of ended tasks."""
    return sum(record["state"] in ENDS for record in records)


def outcome(sent: Sent, records: list[dict[str, Any]], dead_letters: dict[str, int]) -> Outcome:
    """Combine the workers' records, the external services and the growth of the dead letter queues."""
    queues: dict[str, QueueOutcome] = defaultdict(QueueOutcome)
    ends: Counter[str] = Counter()
    failed: set[str] = set()
    for record in records:
        row = queues[record["queue"]]
        row.retries += record["state"] == "retried"
        row.waits += record["state"] == "waiting"
        if record["state"] not in ENDS:
            continue
        ends[record["id"]] += 1
        row.tasks += 1
        row.seconds.append(record["seconds"])
        if record["state"] in FAILURES:
            row.failures += 1
            failed.add(record["id"])
    for label, count in dead_letters.items():
        queues[label].dead_letters = count
    charges = Counter(charge["order_id"] for charge in _ledger("charges") if charge["order_id"] in sent.orders)
    mails = Counter(each["message_id"] for each in _ledger("messages") if each["message_id"] in sent.message_ids)
    queues["payments"].duplicates = charges.total() - len(charges)
    queues["email"].duplicates = mails.total() - len(mails)
    return Outcome(
        queues=dict(sorted(queues.items())),
        lost={task_id for task_id, count in sent.deliveries.items() if ends[task_id] < count},
        unexpected_failures=failed - sent.must_fail,
        missing_failures=sent.must_fail - failed,
        missing_effects=len(sent.orders - set(charges)) + len(sent.message_ids - set(mails)),
        expected_dead_letters=len(sent.must_fail),
    )


def _ledger(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = http.call("GET", f"{needed('PAYMENT_GATEWAY_URL')}/{name}")
    return entries

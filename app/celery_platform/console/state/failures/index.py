"""An index of dead-lettered messages: grouped by cause, a page at a time, whatever their number.

It is a temporary database of SQLite without a name, which is in memory while it is small and goes with the process.
What only the page of one message shows is redacted when that is asked for: tens of thousands would take a minute.
"""

import json
import sqlite3
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.console.state.failures.shown import BEYOND, MOST_CHARACTERS, as_text, redacted_text
from celery_platform.dead_letters.causes import cause_of
from celery_platform.reliability.returned_header import RETURNED, returned_before

# Of a body or of headers, in bytes of JSON; what is larger is kept as it is shown.
MOST_KEPT = 65_536
MOST_OF_A_REASON = 1_000
MOST_OF_A_NAME = 300
TABLES = """
PRAGMA cache_size = -8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE cause (key TEXT PRIMARY KEY, task TEXT, error TEXT, message TEXT, frame TEXT) WITHOUT ROWID;
CREATE TABLE message (number INTEGER PRIMARY KEY, cause TEXT, queue TEXT, id TEXT, task TEXT, reason TEXT,
                      attempts, at REAL, sent_at REAL, replayable INTEGER, detail BLOB);
CREATE INDEX by_cause ON message (cause, queue, at);
CREATE INDEX by_id ON message (id);
"""


@dataclass(frozen=True)
class CauseShown:
    """A cause, and how many messages have it, from when to when (Unix times)."""

    key: str
    task: str
    error: str
    message: str
    frame: str
    count: int
    first_at: float | None
    last_at: float | None
    queues: str
    replayable: int


@dataclass(frozen=True)
class MessageShown:
    """A message in a list."""

    cause: str
    queue: str
    id: str
    task: str
    reason: str
    attempts: float | None
    at: float | None
    sent_at: float | None
    replayable: bool


@dataclass(frozen=True)
class MessageDetail:
    """A message with all of it that is shown; `body` is `None` where it cannot be read."""

    message: MessageShown
    traceback: str
    body: str | None
    headers: str


class Index:
    """Messages by cause. Threads take turns.

    Example: `index.add(message); index.causes("email")[0].count`
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.executescript(TABLES)
        self._known: set[str] = set()
        self.count = 0

    def add(self, message: DeadLetteredMessage) -> None:
        """Add a message as it is shown."""
        cause, at = cause_of(message), _number(message.failed_at) or _number(message.sent_at)
        detail = {
            "traceback": (message.traceback or "")[: MOST_CHARACTERS + BEYOND],
            "body": None if message.body is None else _packed(message.body),
            "headers": _packed(_headers(message)),
        }
        row = (
            cause.key, message.queue, message.id[:MOST_OF_A_NAME], redacted_text(message.task, MOST_OF_A_NAME),
            redacted_text(message.reason, MOST_OF_A_REASON), _number(message.attempts), at, _number(message.sent_at),
            message.replayable, zlib.compress(_json(detail), 1),
        )  # fmt: skip
        with self._lock:
            if cause.key not in self._known:
                texts = (
                    redacted_text(str(each), MOST_OF_A_REASON)
                    for each in (cause.task, cause.error, cause.message, cause.frame)
                )
                self._database.execute(
                    "INSERT INTO cause VALUES (?, ?, ?, ?, ?)", tuple(map(_stored, (cause.key, *texts)))
                )
                self._known.add(cause.key)
            self._database.execute(
                "INSERT INTO message (cause, queue, id, task, reason, attempts, at, sent_at, replayable, detail) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(map(_stored, row)),
            )  # fmt: skip
            self.count += 1

    def causes(self, queue: str = "", limit: int = -1) -> list[CauseShown]:
        """Causes of the messages of a queue (a label), or of all; the most frequent first. A limit below 0 is none."""
        rows = self._rows(f"{GROUPED} WHERE ?1 = '' OR m.queue = ?1 GROUP BY m.cause ORDER BY 6 DESC, 1 LIMIT ?2",
                          queue, limit)  # fmt: skip
        return [CauseShown(*row) for row in rows]

    def cause(self, key: str) -> CauseShown | None:
        """The cause with this key."""
        rows = self._rows(f"{GROUPED} WHERE m.cause = ? GROUP BY m.cause", key)
        return CauseShown(*rows[0]) if rows else None

    def of_cause(self, key: str) -> list[tuple[str, bool, int]]:
        """Label of a queue, whether its messages can be replayed, and how many of this cause it has."""
        rows = self._rows("SELECT queue, replayable, count(*) FROM message WHERE cause = ? GROUP BY 1, 2", key)
        return [(label, bool(replayable), count) for label, replayable, count in rows]

    def messages(self, cause: str, offset: int, limit: int) -> list[MessageShown]:
        """Messages of a cause, the newest first."""
        rows = self._rows(f"SELECT {LISTED} FROM message WHERE cause = ? ORDER BY at DESC, number LIMIT ? OFFSET ?",  # noqa: S608 - a constant
                          cause, limit, offset)  # fmt: skip
        return [_message(row) for row in rows]

    def by_time(self, cause: str, begin: float, end: float, parts: int) -> list[int]:
        """How many messages of a cause failed in each of so many equal parts of the time between two Unix times."""
        rows = self._rows(
            "SELECT min(?4 - 1, CAST((at - ?2) * ?4 / (?3 - ?2) AS INTEGER)), count(*) FROM message "
            "WHERE cause = ?1 AND at BETWEEN ?2 AND ?3 GROUP BY 1", cause, begin, end, parts,
        )  # fmt: skip
        counts = dict(rows)
        return [counts.get(part, 0) for part in range(parts)]

    def details(self, queue: str, task_id: str, limit: int = 5) -> list[MessageDetail]:
        """The messages of a queue with this id: one, unless a message was dead-lettered twice."""
        rows = self._rows(f"SELECT {LISTED}, detail FROM message WHERE id = ? AND queue = ? LIMIT ?",  # noqa: S608 - a constant
                          task_id, queue, limit)  # fmt: skip
        return [_detail(_message(row[:-1]), json.loads(zlib.decompress(row[-1]))) for row in rows]

    def close(self) -> None:
        """Give its memory and disk back."""
        with self._lock:
            self._database.close()

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._database.execute(query, tuple(map(_stored, values))).fetchall()


GROUPED = (
    "SELECT c.key, c.task, c.error, c.message, c.frame, count(*), min(m.at), max(m.at), "
    "group_concat(DISTINCT m.queue), sum(m.replayable) FROM message m JOIN cause c ON c.key = m.cause"
)
LISTED = "cause, queue, id, task, reason, attempts, at, sent_at, replayable"
# Headers that the page shows by themselves. Arguments as text have lost the names by which they are redacted.
ELSEWHERE = frozenset({"x-dead-letter-traceback", "x-dead-letter-reason", "argsrepr", "kwargsrepr"})


def _headers(message: DeadLetteredMessage) -> dict[str, Any]:
    """The headers that only the page of one message shows; what its task returned is JSON, and is redacted as such."""
    shown = {name: value for name, value in message.headers.items() if name not in ELSEWHERE}
    returned = returned_before(message.headers, message.task, message.id)
    if returned is not None:
        with suppress(ValueError, RecursionError):
            shown[RETURNED] = json.loads(returned)
    return shown


def _packed(value: Any) -> dict[str, Any]:
    """A value as it is, if it is small and JSON; else as it is shown, which is bounded."""
    try:
        small = len(json.dumps(value, default=str)) <= MOST_KEPT
    except (ValueError, TypeError, RecursionError):
        small = False
    return {"value": value} if small else {"shown": as_text(value)}


def _detail(message: MessageShown, kept: dict[str, Any]) -> MessageDetail:
    body, headers = kept["body"], kept["headers"]
    return MessageDetail(
        message, redacted_text(kept["traceback"]), None if body is None else _unpacked(body), _unpacked(headers)
    )


def _unpacked(packed: dict[str, Any]) -> str:
    return str(packed["shown"]) if "shown" in packed else as_text(packed["value"])


def _message(row: Sequence[Any]) -> MessageShown:
    cause, queue, task_id, task, reason, attempts, at, sent_at, replayable = row
    return MessageShown(cause, queue, task_id, task, reason, attempts, at, sent_at, bool(replayable))


def _number(value: Any) -> float | None:
    """A number as it is; whatever else a header may hold is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 else None


def _stored(value: Any) -> Any:
    """Halves of surrogate pairs are no UTF-8."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()

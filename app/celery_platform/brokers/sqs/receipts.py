"""The receipt handles of the messages that a reader of a dead letter queue holds, in little memory.

A handle of AWS has hundreds of characters, and a reader holds every message of a queue until it has read its end. They
are in a temporary database of SQLite without a name, which is in memory while it is small and goes with the process.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

TABLE = """
PRAGMA cache_size = -2048;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE held (id TEXT PRIMARY KEY, receipt TEXT) WITHOUT ROWID;
"""


class Receipts:
    """The newest receipt handle of each message that was received; none of those that were removed.

    Example: `new = receipts.received(answer["Messages"])`
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.executescript(TABLE)

    def received(self, messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Keep the handles of these messages; returns those that were never received before."""
        return [message for message in messages if self._is_new(message["MessageId"], message["ReceiptHandle"])]

    def of(self, identifier: str) -> str:
        """The handle with which a message is removed.

        Raises:
            KeyError: it was never received, or is removed.
        """
        row = self._database.execute("SELECT receipt FROM held WHERE id = ?", (identifier,)).fetchone()
        if row is None or row[0] is None:
            raise KeyError(identifier)
        return str(row[0])

    def forget(self, identifier: str) -> None:
        """Note that a message was removed: it is not given back, and is not new if SQS delivers it once more."""
        self._database.execute("UPDATE held SET receipt = NULL WHERE id = ?", (identifier,))

    def held(self, batch: int) -> Iterator[list[str]]:
        """The handles of what is held, so many at a time."""
        rows = self._database.execute("SELECT receipt FROM held WHERE receipt IS NOT NULL")
        while found := rows.fetchmany(batch):
            yield [receipt for (receipt,) in found]

    def close(self) -> None:
        """Give memory and disk back."""
        self._database.close()

    def _is_new(self, identifier: str, receipt: str) -> bool:
        if self._database.execute("INSERT OR IGNORE INTO held VALUES (?, ?)", (identifier, receipt)).rowcount:
            return True
        # Held beyond its visibility timeout, a message is delivered again, with another receipt handle.
        self._database.execute(
            "UPDATE held SET receipt = ? WHERE id = ? AND receipt IS NOT NULL", (receipt, identifier)
        )
        return False

"""Entries of this host's journal, as they come, as events of CloudWatch Logs."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Of the journal's priorities (syslog(3)), from 0; debug lines stay on the host.
LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
LOWEST = 6
FIELDS = ("MESSAGE", "PRIORITY", "_SYSTEMD_UNIT", "UNIT", "SYSLOG_IDENTIFIER")
# Escaped, each byte may become six: so none is longer than the 256 KiB that CloudWatch has always accepted.
MOST_BYTES = 40_000
BYTES_OF_AN_EVENT = 26  # that CloudWatch counts besides the text (PutLogEvents)
WAITING = 10_000


@dataclass(frozen=True)
class Event:
    """An event: milliseconds since 1970, its JSON, and the place of its entry in the journal."""

    at: int
    text: str
    cursor: str

    @property
    def size(self) -> int:
        """The bytes that CloudWatch counts."""
        return len(self.text.encode()) + BYTES_OF_AN_EVENT


def event_of(entry: dict[str, Any]) -> Event:
    """The event of an entry, as `journalctl --output=json` prints it.

    A line that is a JSON object stays as it is, with the name of its unit before its own fields; any other is the field
    `message`.

    Example: `event_of({"__REALTIME_TIMESTAMP": "1000", "__CURSOR": "s=1", "MESSAGE": "up"}).at == 1`

    Raises:
        ValueError: journalctl does not print such an entry.
    """
    text = _text(entry.get("MESSAGE"))
    unit = _text(entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER") or "kernel")
    if _has_fields(text):
        found = f'{{"unit": {json.dumps(unit)}, {text.lstrip()[1:]}'
    else:
        level = LEVELS[int(_text(entry.get("PRIORITY")) or LOWEST)]
        found = json.dumps({"unit": unit, "level": level, "message": text}, ensure_ascii=False)
    try:
        return Event(int(entry["__REALTIME_TIMESTAMP"]) // 1000, found, str(entry["__CURSOR"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"an entry without {error}") from error


def _text(value: Any) -> str:
    """A field's text. The journal prints bytes that are no UTF-8 as numbers, and a repeated field as a list."""
    if isinstance(value, list):
        numbers = all(isinstance(one, int) for one in value)
        value = bytes(value).decode(errors="replace") if numbers else " ".join(map(str, value))
    found = str("" if value is None else value).encode(errors="replace")
    return found.decode() if len(found) <= MOST_BYTES else found[:MOST_BYTES].decode(errors="ignore") + " (cut)"


def _has_fields(text: str) -> bool:
    """Whether it is a JSON object that has any."""
    try:
        return isinstance(found := json.loads(text), dict) and bool(found)
    except (ValueError, RecursionError):
        return False


class Journal:
    """What a process of journalctl prints. It waits while nobody takes its entries."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING)
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, seconds: float) -> Event | None:
        """The next event, or none within `seconds`.

        Raises:
            EOFError: journalctl has ended.
        """
        try:
            line = self._lines.get(timeout=seconds) if seconds else self._lines.get_nowait()
        except queue.Empty:
            return None
        if line is None:
            raise EOFError(f"journalctl has ended with {self._process.wait()}")
        try:
            return event_of(json.loads(line))
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            print(f"an entry of the journal cannot be read and is left out: {error!r}", file=sys.stderr, flush=True)
            return None

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)


@contextmanager
def journal_after(cursor: str) -> Iterator[Journal]:
    """Follow the journal after a place, or since this machine started if there is none."""
    begin = f"--after-cursor={cursor}" if cursor else "--boot"
    command = ["journalctl", "--follow", "--output=json", "--all", "--lines=all", f"--priority={LOWEST}", begin]
    command.append("--output-fields=" + ",".join(FIELDS))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace"
    )
    try:
        yield Journal(process)
    finally:
        process.kill()
        process.wait()

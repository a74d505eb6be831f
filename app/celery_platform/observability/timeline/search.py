"""The attempts that somebody looks for: by a part of the id, by task, queue, how they ended, what they said, and when.

The lists are read from their ends, so that what is new is found first; at most `MOST_READ` lines for one search.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

from celery_platform.observability.timeline.event import Event, mark_of
from celery_platform.observability.timeline.partitions import PARTITIONS, partition_of
from celery_platform.observability.timeline.reading import lines_backwards, readable

MOST_READ = 256_000
# How much an event may be older than one before it in a list: what waited for the store, and clocks that differ.
DISORDER_SECONDS = 60


@dataclass(frozen=True)
class Search:
    """What is looked for; empty fields match everything. Texts match where they are a part of the field.

    `what` is the whole of `Event.what`. `since` and `until` are seconds since 1970, from the one to before the other.
    """

    id: str = ""
    task: str = ""
    queue: str = ""
    what: str = ""
    error: str = ""
    since: float = 0.0
    until: float = inf

    def matches(self, event: Event) -> bool:
        """Whether an event is looked for."""
        return (
            self.since <= event.at < self.until
            and self.id in event.id
            and self.task in event.task
            and self.queue in ("", event.queue)
            and self.what in ("", event.what)
            and self.error in event.error
        )

    def marks(self) -> list[str]:
        """What each line has that matches, so that most others are not read as JSON."""
        parts = [mark_of(each)[1:-1] for each in (self.id, self.task, self.error)]
        return [each for each in (*parts, *(mark_of(text) for text in (self.queue, self.what) if text)) if each]


@dataclass(frozen=True)
class Found:
    """Events that were looked for, the newest first; `until` is where a search for older ones goes on, if there are.

    `read` lines were looked at. `cut` says that there are older ones than these which were not.
    """

    events: tuple[Event, ...]
    until: float | None
    read: int
    cut: bool


def search(asked: Search, most: int) -> Found:
    """The newest `most` events that match, and those of the same millisecond as the last of them.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `search(Search(task="email", what="failed"), 50).events`
    """
    found: list[Event] = []
    read, cut = 0, False
    for partition in range(PARTITIONS):
        own, lines, left = _of_partition(asked, partition, most)
        found += own
        read, cut = read + lines, cut or left
    found.sort(key=lambda event: event.at, reverse=True)
    end = most
    while 0 < end < len(found) and found[end].at == found[end - 1].at:
        end += 1
    return Found(tuple(found[:end]), found[end - 1].at if len(found) > end else None, read, cut)


def _of_partition(asked: Search, partition: int, most: int) -> tuple[list[Event], int, bool]:
    """Matching events of a list, how many lines were read, and whether older ones were left although they may match."""
    found: dict[Event, None] = {}
    marks, read = asked.marks(), 0
    for lines in lines_backwards(partition):
        read += len(lines)
        found |= dict.fromkeys(_matching(asked, partition, marks, lines))
        oldest = next((at for line in lines if (at := _at(line)) is not None), 0.0)
        if oldest < asked.since - DISORDER_SECONDS or len(found) > most:
            return list(found), read, False
        if read >= MOST_READ // PARTITIONS:
            return list(found), read, True
    return list(found), read, False


def _matching(asked: Search, partition: int, marks: list[str], lines: list[str]) -> Iterable[Event]:
    for line in reversed(lines):
        at = _at(line)
        if at is None or not asked.since <= at < asked.until or not all(mark in line for mark in marks):
            continue
        event = readable(line)
        # An event of a part of a canvas is in the list of its root, too.
        if event is not None and asked.matches(event) and partition_of(event.id) == partition:
            yield event


def _at(line: str) -> Any:
    """The time with which a line begins; `None` for one that is no event."""
    number = line[1 : line.find(",")]
    return int(number) / 1000 if number.isdigit() and len(number) < 16 else None

"""Where events are kept: lists in the store, each for a share of the ids, so that one id is found by reading one list.

`<prefix>:timeline:<number>` has the newest events of the tasks whose ids fall to it, and those of the parts of a canvas
whose root does: an event of such a part is kept twice, if the two differ. Each list has at most so many events as the
environment says, divided by `PARTITIONS`, and is removed when nothing was added to it for `KEEP_SECONDS`.

Lists, because a batch of events is added to one with a single command. A stream takes a command for each event, and a
hash for each task takes three, of which each costs a worker more than writing the event (`tests/benchmarks/README.md`).
"""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from celery_platform.observability.timeline.event import MOST_OF_A_TEXT

PARTITIONS = 16
KEEP_SECONDS = 7 * 86_400


def partition_of(task_id: str) -> int:
    """The number of the list for an id.

    Example: `partition_of("4f0c2a9e-0000-4000-8000-000000000001") == 5`
    """
    return crc32(task_id[:MOST_OF_A_TEXT].encode("utf-8", "backslashreplace")) % PARTITIONS


def timeline_key(prefix: str, partition: int) -> str:
    """The key of a list; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:timeline:{partition}"


def most_events(attempts: int) -> int:
    """How many events a list keeps, where the environment keeps so many attempts.

    Example: `most_events(100_000) == 6_250`
    """
    return -(-attempts // PARTITIONS)


def add_to(pipe: Any, prefix: str, lines: Mapping[int, Iterable[bytes]], attempts: int) -> None:
    """Add the commands that append lines to their lists to a pipeline of redis-py."""
    for partition, each in lines.items():
        key = timeline_key(prefix, partition)
        pipe.rpush(key, *each)
        pipe.ltrim(key, -most_events(attempts), -1)
        pipe.expire(key, KEEP_SECONDS)

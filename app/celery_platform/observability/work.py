"""How much of the workers' time each task took lately, summed in the store: on every broker, on hosts and in pods.

`<prefix>:work:<number>` is a hash for each five minutes since 1970, kept for a day. Its fields are what is summed, a
queue's label, which has no colon, and a task. Workers add to it with the other counts (`counts.py`), so it costs a
task no round trip.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

BUCKET_SECONDS = 300
KEEP_SECONDS = 86_400
ATTEMPTS, FAILED, WAITED, MICROSECONDS = "attempts", "failed", "waited", "microseconds"
# The states of attempts after which their message is dead-lettered.
FAILURES = frozenset({"failed", "timed_out"})

# The queue's label and the task.
Key = tuple[str, str]


@dataclass(frozen=True)
class Work:
    """The attempts of a task from a queue that ended: how many, and how long they ran.

    Of these, `failed` failed for good, and `waited` went back to their queue, for a limit or for another attempt at the
    same effect.
    """

    attempts: int = 0
    failed: int = 0
    waited: int = 0
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """The attempts that did not go back to wait."""
        return self.attempts - self.waited


def bucket_of(moment: float) -> int:
    """The number of the five minutes that a moment (seconds since 1970) is in."""
    return int(moment // BUCKET_SECONDS)


def work_key(prefix: str, bucket: int) -> str:
    """The key of a hash; `prefix` is the environment's, such as `celery-prod`."""
    return f"{prefix}:work:{bucket}"


def work_of(hashes: Iterable[Mapping[str, str]]) -> dict[Key, Work]:
    """The work by queue and task, from the fields and values of some of the hashes.

    Example: `work_of([{"attempts:email:send": "2", "microseconds:email:send": "500000"}])["email", "send"].seconds`
    """
    sums: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for found in hashes:
        for field, value in found.items():
            what, queue, task = field.split(":", 2)
            sums[queue, task][what] += int(value)
    return {key: _work(each) for key, each in sums.items()}


def _work(sums: Mapping[str, int]) -> Work:
    return Work(sums[ATTEMPTS], sums[FAILED], sums[WAITED], sums[MICROSECONDS] / 1e6)


class WorkSums:
    """What a process has summed and not stored yet: it is called for every task, so fields are made when it is stored.

    Example: `sums.add("email", "orders.tasks.ship", 0.2, "succeeded")`
    """

    def __init__(self) -> None:
        # By bucket, queue and task: attempts, failed, waited, microseconds.
        self.sums: dict[tuple[int, str, str], list[int]] = {}

    def add(self, queue: str, task: str, seconds: float, state: str) -> None:
        """Add an attempt that ended in `state` (`Outcome.state`)."""
        key = (int(time.time() // BUCKET_SECONDS), queue, task)
        sums = self.sums.get(key)
        if sums is None:
            sums = self.sums[key] = [0, 0, 0, 0]
        sums[0] += 1
        sums[1] += state in FAILURES
        sums[2] += state == "waiting"
        sums[3] += int(seconds * 1e6)

    def add_to(self, pipe: Any, prefix: str) -> None:
        """Add the commands that store them to a pipeline of redis-py."""
        for (bucket, queue, task), sums in self.sums.items():
            for what, number in zip((ATTEMPTS, FAILED, WAITED, MICROSECONDS), sums, strict=True):
                if number:
                    pipe.hincrby(work_key(prefix, bucket), f"{what}:{queue}:{task}", number)
        for bucket in {bucket for bucket, _, _ in self.sums}:
            pipe.expire(work_key(prefix, bucket), KEEP_SECONDS)

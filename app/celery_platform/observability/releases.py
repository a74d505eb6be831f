"""Which release a process runs, and when each release began to run, as workers say in the store.

A release is named as the tag of its image and its folder on hosts are: by the id of its code, with which the ids that
`make releases` lists begin. A change of the configuration alone is no release here. Outside of hosts and images, as on
a laptop, a process does not know its release.

With each report (`worker_reports.py`) a worker keeps `<prefix>:release:<id>` alive. Where there is none, this release
begins to run: the sorted set `<prefix>:releases` gets its id, by when it began.
"""

import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# Set by the unit on hosts, and by the image.
VARIABLE = "CELERY_RUNNING_RELEASE"
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
# A release whose workers said nothing for so long runs no more. It begins again, unless it is the one that began last:
# then the store was away, or everything was stopped and started.
GONE_SECONDS = 60
MOST_KEPT = 100
KEPT_SECONDS = 30 * 86_400
_SAY = """
if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'EX', ARGV[3]) then
  local last = redis.call('ZRANGE', KEYS[2], -1, -1)[1]
  if not last or string.match(last, ' (.*)$') ~= ARGV[1] then
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[2] .. ' ' .. ARGV[1])
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4])
  end
else
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
redis.call('EXPIRE', KEYS[2], ARGV[5])
"""


@dataclass(frozen=True)
class Begun:
    """A release, and when its first worker began to run, in seconds since 1970."""

    release: str
    at: float


def own_release() -> str:
    """The release that this process runs; empty where it does not know.

    Example: `own_release() == "92c0b9fa8a11"`
    """
    found = os.environ.get(VARIABLE, "")
    return found if ID.fullmatch(found) else ""


def add_to(pipe: Any, prefix: str, release: str, at: float) -> None:
    """Add to a pipeline of redis-py the command that says that a worker of this release runs."""
    keys = (f"{prefix}:release:{release}", f"{prefix}:releases")
    pipe.eval(_SAY, len(keys), *keys, release, f"{at:.3f}", GONE_SECONDS, MOST_KEPT, KEPT_SECONDS)


def begun_releases(*, now: Callable[[], float] = time.time) -> list[Begun]:
    """When releases began to run within the last 30 days, the oldest first: the newest hundred beginnings.

    Raises:
        StoreAwayError: the store does not answer.

    Example: `[each.release for each in begun_releases()] == ["92c0b9fa8a11", "5a41d0c70e1f"]`
    """
    name = f"{runtime().environment.prefix}:releases"
    found: Any = valkey().zrangebyscore(name, now() - KEPT_SECONDS, "+inf", withscores=True)
    return [Begun(str(member).partition(" ")[2], float(at)) for member, at in found]


def last_before(begun: Iterable[Begun], moment: float | None) -> Begun | None:
    """The release that began last before a Unix time: when something failed first, it may be what is to blame.

    Example: `last_before([Begun("92c0b9fa8a11", 60)], 61) == Begun("92c0b9fa8a11", 60)`
    """
    before = [each for each in begun if moment is not None and each.at <= moment]
    return max(before, key=lambda each: each.at, default=None)

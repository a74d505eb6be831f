"""The store of delayed messages: a hash of messages, and a set sorted by due time on the server's clock.

Each step is one script, and therefore atomic. A claimed message stays in the store and is due again when the lease of
its claim ends. It is removed only after the broker has confirmed it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redis import Redis

from celery_platform.later.message import Kept, from_text
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

PAGE = 500

_NOW = "local clock = redis.call('TIME') local now = clock[1] * 1000 + math.floor(clock[2] / 1000) "
# KEYS: due, messages; ARGV: entry, delay in ms, message. If a client repeats it because it got no reply, nothing
# changes.
_KEEP = (
    _NOW
    + """
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[3]) == 1 then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
end
return 1
"""
)
# KEYS: due, messages, attempts; ARGV: lease in ms, maximum number. Returns the claimed messages and the ms until the
# next one is due.
_CLAIM = (
    _NOW
    + """
local claimed = {}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local message = redis.call('HGET', KEYS[2], entry)
  if message then
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[1]), entry)
    table.insert(claimed, {entry, redis.call('HINCRBY', KEYS[3], entry, 1), message})
  else
    redis.call('ZREM', KEYS[1], entry)
  end
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {claimed, first[2] and string.format('%.0f', math.max(0, first[2] - now)) or ''}
"""
)
# KEYS: due, attempts; ARGV: entry, attempt, delay in ms. It has no effect if another sender has claimed the message
# since.
_GIVE_BACK = (
    _NOW
    + """
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('ZADD', KEYS[1], 'XX', 'CH', string.format('%.0f', now + ARGV[3]), ARGV[1])
"""
)


@dataclass(frozen=True)
class Claimed:
    """A message to publish now. `attempt` counts how often it was claimed, from 1."""

    kept: Kept
    attempt: int


class LaterStore:
    """The messages of one environment, under `<prefix>:later:`.

    Example: `LaterStore(valkey(), "celery-prod").claim(lease_seconds=60, number=100)`
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._due, self._messages, self._attempts = (
            f"{prefix}:later:{name}" for name in ("due", "messages", "attempts")
        )

    def keep(self, kept: Kept, delay_seconds: float) -> None:
        """Keep a message that is due after `delay_seconds`.

        Raises:
            RedisError: the store does not answer, or is full.
        """
        delay = int(delay_seconds * 1000)
        self._client.eval(_KEEP, 2, self._due, self._messages, kept.entry, delay, kept.as_text())

    def claim(self, *, lease_seconds: float, number: int) -> tuple[list[Claimed], float | None]:
        """Claim up to `number` due messages for `lease_seconds`; also return the seconds until the next one is due.

        Raises:
            RedisError: the store does not answer.
        """
        keys = (self._due, self._messages, self._attempts)
        answer: Any = self._client.eval(_CLAIM, len(keys), *keys, int(lease_seconds * 1000), number)
        found, left = answer
        claimed = [Claimed(from_text(entry, text), int(attempt)) for entry, attempt, text in found]
        return claimed, int(left) / 1000 if left else None

    def remove(self, *entries: str) -> int:
        """Remove messages that were published or cancelled; return how many existed.

        Raises:
            RedisError: the store does not answer.
        """
        with self._client.pipeline() as pipe:
            pipe.hdel(self._messages, *entries)
            pipe.hdel(self._attempts, *entries)
            pipe.zrem(self._due, *entries)
            return int(pipe.execute()[0])

    def give_back(self, claimed: Claimed, delay_seconds: float) -> None:
        """Return a claimed message that was not published, so that it is due again after `delay_seconds`.

        Raises:
            RedisError: the store does not answer. The message is due again when the lease ends.
        """
        delay = int(delay_seconds * 1000)
        self._client.eval(_GIVE_BACK, 2, self._due, self._attempts, claimed.kept.entry, claimed.attempt, delay)

    def all(self) -> Iterator[Kept]:
        """Every message, in the order of their due times."""
        start = 0
        while entries := self._page(start):
            texts: Any = self._client.hmget(self._messages, entries)
            yield from (from_text(entry, text) for entry, text in zip(entries, texts, strict=True) if text)
            start += PAGE

    def _page(self, start: int) -> Any:
        return self._client.zrange(self._due, start, start + PAGE - 1)

    def of_task(self, task_id: str) -> list[Kept]:
        """The messages with this task id: usually one, more if a caller reused the id."""
        pattern = re.sub(r"([*?\[\]^\\])", r"\\\1", task_id) + ":*"
        found: Any = self._client.hscan_iter(self._messages, match=pattern, count=10_000)
        # A task id may itself contain a colon.
        return [kept for entry, text in found if (kept := from_text(entry, text)).message.task_id == task_id]


def later_store() -> LaterStore:
    """The store of the environment's delayed messages, in the Valkey of the result store."""
    return LaterStore(valkey(), runtime().environment.prefix)

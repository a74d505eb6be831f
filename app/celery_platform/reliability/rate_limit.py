"""A rate limit shared by all workers: a token bucket in Valkey on the server's clock, with reservations.

Celery's own `rate_limit` is per worker process, so N workers send N times the limit. Here a task that finds the bucket
empty reserves a future token and goes back to its queue until that token's time. It then runs without asking again.
Tasks run in the order in which they asked, and each waits once, however many there are.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from celery import Task

from celery_platform.reliability.limits_in_use import KEEP_SECONDS, MOST, bucket_key, limits_key, member_of
from celery_platform.reliability.signals import rate_limit_waited
from celery_platform.reliability.valkey import valkey
from celery_platform.reliability.waiting import wait
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

# KEYS[1] bucket, KEYS[2] the limits in use; ARGV: capacity, tokens per second, longest reservation in ms, who asks
# (empty: nobody in particular), for how many seconds that is kept, and how many are.
# Returns the wait in ms (0: go), or -1 when the next free token is further away than the longest reservation.
_RESERVE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local capacity, rate, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
if ARGV[4] ~= '' then
  redis.call('ZADD', KEYS[2], now, ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[5])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[6])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * rate) - 1
local wait = math.max(0, math.ceil(-tokens / rate * 1000))
if wait > longest then return -1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / rate * 1000) + 1000)
return wait
"""
# A delayed message may come some seconds late and so meet those after it: spread a minute's tokens over more.
_MINUTE_WITH_SLACK_SECONDS = 65


@dataclass(frozen=True)
class RateLimit:
    """At most `per_minute` of something in any minute, over all workers of the environment.

    Warning: the limit holds for any 60 s, so the steady rate is lower: about 88 % of `per_minute` (600 allows 526 a
    minute), and less for a limit below 20. A burst is a twentieth of the limit.

    Example: `RateLimit("metrics-api", per_minute=600).admit(self)` as the first line of a bound task.
    """

    name: str
    per_minute: int

    @property
    def burst(self) -> float:
        """The most tasks that may run at once after a quiet time: a twentieth of the limit."""
        return max(1.0, self.per_minute / 20)

    @property
    def per_second(self) -> float:
        """The steady rate that, with a burst before it, stays within the limit in any minute."""
        return max(self.per_minute - self.burst, self.per_minute / 2) / _MINUTE_WITH_SLACK_SECONDS

    def reserve(self, longest_seconds: float, task: str = "") -> float | None:
        """Reserve a token; returns the seconds until its time, or `None` when these are more than `longest_seconds`.

        `task` is the name of the task that asks, which is noted for people (`limits_in_use.py`).
        """
        prefix = runtime().environment.prefix
        asks = member_of(self.name, self.per_minute, task) if task else ""
        wait_ms: Any = valkey().eval(
            _RESERVE, 2, bucket_key(prefix, self.name), limits_key(prefix), self.burst, self.per_second,
            int(longest_seconds * 1000), asks, KEEP_SECONDS, MOST,
        )  # fmt: skip
        return None if int(wait_ms) < 0 else int(wait_ms) / 1000

    def wait_seconds(self, tokens: float, at: float, now: float) -> float:
        """How long a run that asks now waits, by what its bucket in the store says; all on the store's clock."""
        there = min(self.burst, tokens + max(0.0, now - at) * self.per_second)
        return max(0.0, (1 - there) / self.per_second)

    def admit(self, task: Task[Any, Any]) -> None:
        """Let the task's current run continue, or send it back to its queue until its turn.

        Raises:
            Waiting: the run ends here, and the message is delivered again at its turn.
        """
        request = task.request
        retries = request.retries or 0
        # A reservation holds for one attempt: a retry after an error reserves again.
        if request.get("admitted_attempt") == retries:
            return
        longest = queue_of_request(runtime().environment, str(task.name), request).max_countdown
        seconds = self.reserve(longest, str(task.name))
        if seconds == 0:
            return
        rate_limit_waited.send(sender=None, limit=self.name, seconds=longest if seconds is None else seconds)
        if seconds is None:
            wait(task, longest)
        wait(task, seconds, admitted_attempt=retries)

    async def admit_async(self, task: Task[Any, Any]) -> None:
        """As `admit`, for an `async def` task: the store is asked in a thread, so that other tasks run meanwhile.

        Raises:
            Waiting: the run ends here, and the message is delivered again at its turn.

        Example: `await RateLimit("metrics-api", per_minute=600).admit_async(self)`
        """
        await asyncio.to_thread(self.admit, task)

"""Poll Redis or Valkey as a broker: the lists of waiting messages, and kombu's hashes of unacknowledged ones."""

import json
import time
from collections import Counter
from typing import Any

from redis import Redis

from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.observability.published_at import PUBLISHED_AT
from celery_platform.settings import Runtime
from celery_platform.settings.login import with_login

# Unacknowledged messages that are read to find out their queues. If there are more, the counts are extrapolated.
UNACKED_SAMPLE = 1_000


class ValkeySource:
    """Polls by key: `names` of the queues, `held` hashes of unacknowledged messages, and kombu's key `prefix`.

    Example: `ValkeySource(Redis(), "celery-dev:", ["celery-dev-email"], ["unacked:io"]).read()`
    """

    interval_seconds = 10.0

    def __init__(self, server: "Redis", prefix: str, names: list[str], held: list[str]) -> None:
        self._server, self._prefix, self._names, self._held_keys = server, prefix, names, held

    def read(self) -> Reading:
        """Poll with one round trip for all queues, and two per pool for unacknowledged messages.

        Raises:
            RedisError: the server does not answer.
        """
        with self._server.pipeline(transaction=False) as pipe:
            for name in self._names:
                pipe.llen(self._prefix + name)
                pipe.lindex(self._prefix + name, -1)  # kombu pushes on the left and pops on the right
            pipe.info("memory")
            *found, memory = pipe.execute()
        held = self._held()
        now = time.time()
        queues = {
            name: QueueReading(ready, held.get(name, 0), _age(oldest, now))
            for name, ready, oldest in zip(self._names, found[::2], found[1::2], strict=True)
        }
        limit = float(memory.get("maxmemory", 0))
        used = float(memory["used_memory"])
        return Reading(queues, {"valkey": NodeReading(True, used, limit, memory_alarm=bool(limit) and used >= limit)})

    def _held(self) -> dict[str, int]:
        """Unacknowledged messages by queue. kombu keeps those of a pool in one hash, each with its routing key."""
        held: dict[str, int] = {}
        for key in self._held_keys:
            total = int(self._server.hlen(self._prefix + key))
            found: Any = self._server.hscan(self._prefix + key, count=UNACKED_SAMPLE) if total else (0, {})
            keys = Counter(json.loads(entry)[2] for entry in found[1].values())
            held |= {name: round(count * total / keys.total()) for name, count in keys.items()}
        return held


def valkey_source(runtime: Runtime) -> ValkeySource:
    """The source for an environment whose broker is Redis or Valkey."""
    queues = runtime.environment.queues.values()
    names = [name for queue in queues for name in (queue.name, queue.dead_letter_name)]
    held = [pool.unacknowledged_key for pool in runtime.environment.pools.values()]
    return ValkeySource(connect(broker_url(runtime)), f"{runtime.environment.prefix}:", names, held)


def broker_url(runtime: Runtime) -> str:
    """The broker's URL, with the login if its users have passwords."""
    url = runtime.discovery.broker_url
    if "broker_password" not in runtime.environment.secrets:
        return url
    return with_login(url, runtime.environment.broker["user"], runtime.secret("broker_password"))


def connect(url: str) -> "Redis":
    """A client with short timeouts, because the next poll tries again anyway."""
    return Redis.from_url(url, decode_responses=True, socket_connect_timeout=3, socket_timeout=5)


def _age(message: str | None, now: float) -> float:
    published: Any = json.loads(message)["headers"].get(PUBLISHED_AT) if message else None
    return max(0.0, now - published) if published else 0.0

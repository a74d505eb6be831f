"""The connection to the Valkey that keeps results, and also the state of the reliability pieces."""

from functools import lru_cache

from redis import Redis

from celery_platform.settings import runtime


@lru_cache(maxsize=1)
def valkey() -> "Redis":
    """Return a client with time-outs; redis-py opens new connections in a forked child by itself."""
    return Redis.from_url(
        runtime().results_url,
        decode_responses=True,
        socket_connect_timeout=5,
        socket_timeout=10,
        health_check_interval=10,
    )

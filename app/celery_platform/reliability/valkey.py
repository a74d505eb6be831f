"""The connection to the Valkey that keeps results, and also the state of the reliability pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.retry import Retry

from celery_platform.reliability.errors import StoreAwayError
from celery_platform.reliability.redis_answers import name_of, will_pass
from celery_platform.reliability.signals import broker_refused
from celery_platform.settings import runtime

# A task waits for the store within its own time limit, and comes again when the store is away: twice so long at most.
CONNECT_SECONDS, ANSWER_SECONDS = 2, 4
RETRY = Retry(ExponentialBackoff(base=0.2, cap=1.0), retries=1)


class ValkeyAwayError(StoreAwayError, RedisError):
    """The Valkey that keeps results does not answer, or refuses for now."""


@contextmanager
def _words(command: str) -> Iterator[None]:
    try:
        yield
    except StoreAwayError:
        raise
    except RedisError as error:
        if not will_pass(error):
            raise
        broker_refused.send(sender=None, operation="the store", answer=name_of(error))
        raise ValkeyAwayError(f"the store does not take {command}: {type(error).__name__}: {error}") from error


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _words("a pipeline"):
            return super().execute(raise_on_error)

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        with _words(str(args[0])):
            return super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]


class Client(Redis):
    """redis-py's client, which raises `ValkeyAwayError` for what will pass; other errors are redis-py's.

    Example: `Client.from_url(url).get("key")`
    """

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Ask for one command.

        Raises:
            ValkeyAwayError: the server is away, or refuses for now.
        """
        with _words(str(args[0])):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Collect commands."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


@lru_cache(maxsize=1)
def valkey() -> "Redis":
    """Return a client with time-outs; redis-py opens new connections in a forked child by itself.

    Its commands raise `ValkeyAwayError`, which sends a task back to its queue, while the store is away.
    """
    return Client.from_url(
        runtime().results_url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=10,
        retry=RETRY,
    )

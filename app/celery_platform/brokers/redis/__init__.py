"""Redis or Valkey."""

from collections.abc import Mapping

from celery_platform.brokers.interface import Broker
from celery_platform.brokers.kind import Kind
from celery_platform.observability.exporter.reading import Source
from celery_platform.settings import Runtime

_REDIS = "celery_platform.transports.redis"


class RedisKind(Kind):
    """Lists of messages, and hashes of those that are not acknowledged."""

    def broker(self, runtime: Runtime) -> Broker:
        """Return the broker with lists."""
        from celery_platform.brokers.redis.broker import RedisBroker

        return RedisBroker(runtime)

    def source(self, runtime: Runtime) -> Source:
        """Return the lengths of the lists and hashes."""
        from celery_platform.brokers.redis.source import valkey_source

        return valkey_source(runtime)

    def transports(self) -> Mapping[str, str]:
        """Return the transport that outlives its server."""
        return dict.fromkeys(("redis", "rediss"), f"{_REDIS}.reconnect:Transport")

    def worker_transports(self, pool_type: str, *, guarded: bool) -> Mapping[str, str]:  # noqa: ARG002 - it is guarded
        """Return the transport of a turbo worker, which takes and acknowledges many messages at a time."""
        return dict.fromkeys(("redis", "rediss"), f"{_REDIS}.transport:Transport") if pool_type == "turbo" else {}


KIND = RedisKind()

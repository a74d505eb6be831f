"""Redis or Valkey as the broker of a small environment: lists, with acknowledgements that kombu emulates."""

import ssl
from typing import Any

from kombu import Exchange, Queue

from app.brokers.interface import CONNECT_TIMEOUT_SECONDS, HEARTBEAT_SECONDS, Broker
from app.settings import QueueSettings


class RedisBroker(Broker):
    """Constructible; what it promises under faults comes with the broker contract suite."""

    kind = "redis"

    def url(self) -> str:
        """As discovered; the group is reachable from the VPC only."""
        return self.runtime.discovery.broker_url

    def transport_options(self) -> dict[str, Any]:
        """A message unacknowledged for the visibility timeout is delivered again; that outlives every task."""
        return {
            "visibility_timeout": self.environment.broker["visibility_timeout_seconds"],
            "global_keyprefix": f"{self.environment.prefix}:",
            "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": HEARTBEAT_SECONDS,
        }

    def settings(self) -> dict[str, Any]:
        """TLS where the endpoint asks for it, with the certificate checked."""
        if self.url().startswith("rediss://"):
            return {"broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}}
        return {}

    def queue(self, queue: QueueSettings) -> Queue:
        """A list."""
        return self._named(queue.name)

    def dead_letter_queue(self, queue: QueueSettings) -> Queue:
        """A list."""
        return self._named(queue.dead_letter_name)

    def _named(self, name: str) -> Queue:
        return Queue(name, Exchange(f"{self.environment.prefix}-tasks", type="direct"), routing_key=name)

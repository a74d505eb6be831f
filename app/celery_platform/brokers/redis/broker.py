"""Redis or Valkey as the broker of a small environment: lists, with acknowledgements that kombu emulates."""

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from kombu import Connection, Exchange, Queue

from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.interface import CONNECT_TIMEOUT_SECONDS, Broker
from celery_platform.brokers.priorities import overtaken
from celery_platform.brokers.redis.dead_letters import open_queue
from celery_platform.brokers.redis.keys import NEIGHBOURS, index_key, mutex_key
from celery_platform.brokers.redis.priorities import HighFirst
from celery_platform.settings import PoolSettings, QueueSettings
from celery_platform.settings.login import with_login

# Longer than kombu's blocking read of one second.
ANSWER_SECONDS = 2
HEALTH_CHECK_SECONDS = 5
# How long after its visibility timeout the message of a killed worker is found.
RESTORE_SECONDS = 10


class RedisBroker(Broker):
    """kombu's lists: a delivered message is kept aside until it is acknowledged or its visibility timeout is over."""

    counts_deliveries = False

    def url(self) -> str:
        """Return the discovered URL, with the login where the broker's users have passwords."""
        url = self.runtime.discovery.broker_url
        if "broker_password" not in self.environment.secrets:
            return url
        return with_login(url, self.environment.broker["user"], self.runtime.secret("broker_password"))

    def transport_options(self) -> dict[str, Any]:
        """Return options whose visibility timeout, after which a message is delivered again, outlasts every task."""
        return {
            "visibility_timeout": self.environment.broker["visibility_timeout_seconds"],
            "global_keyprefix": f"{self.environment.prefix}:",
            "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "socket_keepalive": True,
            "socket_timeout": ANSWER_SECONDS,
            "health_check_interval": HEALTH_CHECK_SECONDS,
            # A worker checks for messages past their visibility timeout at each tenth of these turns; with kombu's
            # default that is every 100 s.
            "unacked_restore_interval": RESTORE_SECONDS / 10,
            # One list for each queue: kombu would keep a list for each of four priorities, and ask for all of them.
            "priority_steps": [0],
            "queue_order_strategy": partial(HighFirst, tuple(overtaken(self.environment).values())),
        }

    def worker_transport_options(self, pool: PoolSettings) -> dict[str, Any]:
        """Keep what workers hold under keys of each pool, whose autoscaler counts it; kombu has one key for all."""
        kept = pool.unacknowledged_key
        sharing = (each for each in self.environment.pools.values() if set(each.queues) & set(pool.queues))
        return {
            "unacked_key": kept,
            "unacked_index_key": index_key(kept),
            "unacked_mutex_key": mutex_key(kept),
            NEIGHBOURS: [each.unacknowledged_key for each in sharing if each.name != pool.name],
        }

    def settings(self) -> dict[str, Any]:
        """Use TLS where the endpoint asks for it, and check the certificate."""
        if self.url().startswith("rediss://"):
            return {"broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}}
        return {}

    def queue(self, queue: QueueSettings) -> Queue:
        """Return the list that tasks are pushed to."""
        return self._named(queue.name, alias=queue.label)

    def dead_letter_queue(self, queue: QueueSettings) -> Queue:
        """Return the list of dead-lettered messages."""
        return self._named(queue.dead_letter_name)

    def dead_letters(self, connection: Connection, queue: QueueSettings) -> int:
        """Count the list's messages; an empty list does not exist, which is no error."""
        with connection.channel() as channel:
            declared: Any = self.dead_letter_queue(queue)(channel).queue_declare()
            return int(declared.message_count)

    def read_dead_letters(self, connection: Connection, queue: QueueSettings) -> AbstractContextManager[Iterator[Held]]:
        """Read the list in place."""
        return open_queue(self, connection, queue)

    def _named(self, name: str, alias: str | None = None) -> Queue:
        exchange = Exchange(f"{self.environment.prefix}-tasks", type="direct")
        return Queue(name, exchange, alias=alias, routing_key=name)

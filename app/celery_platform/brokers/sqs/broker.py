"""Amazon SQS: queues that Terraform made, by URL; credentials and endpoint are those of any AWS client."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from kombu import Connection, Exchange, Queue

from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.brokers.interface import CONNECT_TIMEOUT_SECONDS, Broker
from celery_platform.brokers.priorities import overtaken
from celery_platform.brokers.sqs.dead_letters import open_queue, with_messages
from celery_platform.brokers.sqs.priorities import AFTER
from celery_platform.errors import BrokerError
from celery_platform.settings import PoolSettings, QueueSettings
from celery_platform.settings.discovery import client

# Shorter than the time in which a message may begin after SIGTERM (`worker/stop.py`, 10 s unless the stop's time-out is
# set): an idle worker's last poll is over by then, and what it brings still runs.
WAIT_TIME_SECONDS = 9
# Where queues are polled one after another, each that is empty holds up the next by its wait.
WAIT_TIME_IN_TURN_SECONDS = 1
# After an empty or refused poll, and whenever all slots are taken; kombu's default of 1 s caps a worker of eight
# slots at eight short tasks a second.
POLLING_INTERVAL_SECONDS = 0.1
# boto would wait a minute for a connection, and 15 s between five tries: longer than a publish may take. Three tries of
# its standard mode wait 3 s at most.
CLIENT = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, "retries": {"mode": "standard", "total_max_attempts": 3}}
# SQS refuses a longer delay of one message.
MAX_DELAY_SECONDS = 900


class SqsBroker(Broker):
    """No exchange is real: a routing key is a queue's name, by which kombu also finds the client to delete with."""

    remote_control = False
    # SQS's default for a queue of Terraform's, in which kombu puts the message in base64.
    max_message_bytes = 256 * 1024 // 4 * 3

    def url(self) -> str:
        """Return a URL without host and keys, so that boto3 chooses the endpoint (AWS_ENDPOINT_URL where set)."""
        return "sqs://"

    def transport_options(self) -> dict[str, Any]:
        """Return every queue's URL, so that kombu neither lists nor creates queues.

        Raises:
            BrokerError: Terraform wrote no URL for a queue.
        """
        return {
            "region": self.environment.region,
            "predefined_queues": self._predefined_queues(),
            "wait_time_seconds": WAIT_TIME_SECONDS,
            "polling_interval": POLLING_INTERVAL_SECONDS,
            "client-config": CLIENT,
            AFTER: overtaken(self.environment),
            "visibility_timeout": self.environment.broker["visibility_timeout_seconds"],
        }

    def worker_transport_options(self, pool: PoolSettings) -> dict[str, Any]:
        """Shorten the long poll of a green worker with several queues: it has no event loop, and polls one by one.

        With ten seconds, a pool of two slots and two queues, one of them empty, ran two tasks in ten seconds.
        """
        in_turn = pool.type == "gevent" and len(pool.queues) > 1
        return {"wait_time_seconds": WAIT_TIME_IN_TURN_SECONDS} if in_turn else {}

    def publish_options(self, countdown: float | None) -> dict[str, Any]:
        """Let SQS hold a delayed message, so that no worker does."""
        if not countdown or countdown > MAX_DELAY_SECONDS:
            return {}
        return {"delay_seconds": int(countdown)}

    def queue(self, queue: QueueSettings) -> Queue:
        """Return the queue that Terraform made."""
        return self._named(queue.name, alias=queue.label)

    def dead_letter_queue(self, queue: QueueSettings) -> Queue:
        """Return the queue that Terraform made; SQS itself moves messages there after `max_deliveries` receives."""
        return self._named(queue.dead_letter_name)

    @cached_property
    def _sqs(self) -> Any:
        return client("sqs")

    def with_dead_letters(self, queues: Iterable[QueueSettings]) -> list[QueueSettings]:
        """Return those that have one. One queue alone is just read: that takes as long."""
        queues, predefined = list(queues), self._predefined_queues()
        if len(queues) < 2:
            return queues
        urls = {queue.dead_letter_name: predefined[queue.dead_letter_name]["url"] for queue in queues}
        found = with_messages(self._sqs, urls)
        return [queue for queue in queues if queue.dead_letter_name in found]

    def read_dead_letters(
        self,
        connection: Connection,  # noqa: ARG002 - others need it
        queue: QueueSettings,
    ) -> AbstractContextManager[Iterator[Held]]:
        """Receive the messages, which are hidden from others meanwhile."""
        return open_queue(self._sqs, self._predefined_queues()[queue.dead_letter_name]["url"], queue)

    def _named(self, name: str, alias: str | None = None) -> Queue:
        exchange = Exchange(f"{self.environment.prefix}-tasks", type="direct")
        return Queue(name, exchange, alias=alias, routing_key=name)

    def _predefined_queues(self) -> dict[str, dict[str, str]]:
        url = self.runtime.discovery.queues_url
        if url is None:
            raise BrokerError(
                expected=f"the SQS URL of the queues in {self.environment.discovery_prefix}/queues_url",
                found="no such SSM parameter",
                remedy="Apply Terraform again.",
            )
        queues = self.environment.queues.values()
        names = [name for queue in queues for name in (queue.name, queue.dead_letter_name)]
        return {name: {"url": f"{url}/{name}"} for name in names}

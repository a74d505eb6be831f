"""Poll RabbitMQ and Amazon MQ through their management API, as a read-only user."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from celery_platform.brokers.rabbitmq.certificates import Certificates
from celery_platform.brokers.rabbitmq.oldest_messages import OldestMessages
from celery_platform.errors import BrokerError
from celery_platform.observability.exporter.configuration import broker_secret
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.settings import Runtime

TIMEOUT = urllib3.Timeout(connect=3, read=10)
# Selecting columns reduces a response about 200 queues from 600 kB to 40 kB.
QUEUE_COLUMNS = (
    "name", "messages_ready", "messages_unacknowledged", "consumers", "members", "online", "message_stats.publish",
)  # fmt: skip
NODE_COLUMNS = (
    "name", "running", "mem_used", "mem_limit", "mem_alarm", "disk_free", "disk_free_limit", "disk_free_alarm",
    "partitions",
)  # fmt: skip


class ManagementSource:
    """Polls the node that answered last, or the next one if that node does not answer.

    Example: `ManagementSource(["http://10.0.0.1:15672"], "monitoring", password, "celery").read()`
    """

    interval_seconds = 10.0  # for 200 queues, a poll is one request

    def __init__(
        self, urls: list[str], user: str, password: str, virtual_host: str, ca_certificate: str | None = None
    ) -> None:
        self._urls = urls
        self._virtual_host = virtual_host
        self._headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
        # Without the certificate of the broker's own CA, the system's CA certificates apply.
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT, ca_cert_data=ca_certificate)
        self._oldest = OldestMessages()
        self._certificates = Certificates(urls, ca_certificate)

    def read(self) -> Reading:
        """Poll the broker with two requests.

        Raises:
            BrokerError: no node answers, or the user has no permission.
        """
        columns = f"columns={','.join(QUEUE_COLUMNS)}"
        found = self._get(f"/api/queues/{quote(self._virtual_host, safe='')}?{columns}")
        queues = {queue["name"]: _queue(queue) for queue in found}
        nodes = {node["name"]: _node(node) for node in self._get(f"/api/nodes?columns={','.join(NODE_COLUMNS)}")}
        return Reading(self._oldest.aged(queues), nodes, self._certificates.expiries())

    def _get(self, path: str) -> Any:
        refusals = []
        for url in list(self._urls):
            try:
                answer = self._http.request("GET", url + path, headers=self._headers)
            except urllib3.exceptions.HTTPError as error:
                refusals.append(f"{url}: {type(error).__name__}")
            else:
                if answer.status == 200:
                    return json.loads(answer.data)
                refusals.append(f"{url}: HTTP {answer.status}")
            self._urls.append(self._urls.pop(0))
        raise BrokerError(
            expected="the broker's management API to answer the monitoring user",
            found="; ".join(refusals),
            remedy="Check that a node is running, that port and user are right, and that this machine can reach it.",
        )


def management_source(runtime: Runtime) -> ManagementSource:
    """The source for an environment's RabbitMQ or Amazon MQ."""
    broker = runtime.environment.broker
    label = broker_secret(runtime.environment) or "broker_password"
    return ManagementSource(
        urls=management_urls(runtime),
        user=broker["monitoring_user"] if label == "monitoring_password" else broker["user"],
        password=runtime.secret(label),
        virtual_host=broker["virtual_host"],
        ca_certificate=runtime.discovery.broker_ca_certificate,
    )


def management_urls(runtime: Runtime) -> list[str]:
    """The URL of each node's management API. Amazon MQ serves it at the broker's host name, with TLS."""
    urls: list[str] = runtime.environment.broker["management_urls"]
    return list(urls) or [f"https://{urlsplit(node).hostname}" for node in runtime.discovery.broker_url.split(";")]


def _queue(data: Mapping[str, Any]) -> QueueReading:
    return QueueReading(
        ready=data.get("messages_ready", 0),
        unacked=data.get("messages_unacknowledged", 0),
        consumers=data.get("consumers", 0),
        # Classic queues have no members.
        members=len(data["members"]) if "members" in data else None,
        members_online=len(data["online"]) if "online" in data else None,
        published=data.get("message_stats", {}).get("publish", 0),
    )


def _node(data: Mapping[str, Any]) -> NodeReading:
    return NodeReading(
        running=bool(data.get("running")),
        memory_used=data.get("mem_used", 0),
        memory_limit=data.get("mem_limit", 0),
        memory_alarm=bool(data.get("mem_alarm")),
        disk_free=data.get("disk_free"),
        disk_free_limit=data.get("disk_free_limit"),
        disk_alarm=bool(data.get("disk_free_alarm")),
        partitions=len(data.get("partitions", ())),
    )

"""RabbitMQ and Amazon MQ through their management API, as the user who may only look."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from celery_platform.errors import BrokerError
from celery_platform.observability.exporter.age import OldestMessages
from celery_platform.observability.exporter.learn import broker_secret
from celery_platform.observability.exporter.reading import NodeReading, QueueReading, Reading
from celery_platform.settings import Runtime

TIMEOUT = urllib3.Timeout(connect=3, read=10)
# Asking for columns makes an answer about 200 queues 40 kB instead of 600.
QUEUE_COLUMNS = (
    "name", "messages_ready", "messages_unacknowledged", "consumers", "members", "online", "message_stats.publish",
)  # fmt: skip
NODE_COLUMNS = (
    "name", "running", "mem_used", "mem_limit", "mem_alarm", "disk_free", "disk_free_limit", "disk_free_alarm",
    "partitions",
)  # fmt: skip


class ManagementSource:
    """Asks the node that answered last, and the next one when it does not.

    Example: `ManagementSource(["http://10.0.0.1:15672"], "monitoring", password, "celery").read()`
    """

    def __init__(
        self, urls: list[str], user: str, password: str, virtual_host: str, ca_certificate: str | None = None
    ) -> None:
        self._urls = urls
        self._virtual_host = virtual_host
        self._headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
        # Without a certificate of the broker's own, the system's decide.
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT, ca_cert_data=ca_certificate)
        self._oldest = OldestMessages()

    def read(self) -> Reading:
        """Two requests.

        Raises:
            BrokerError: no node answers, or the user may not look.
        """
        columns = f"columns={','.join(QUEUE_COLUMNS)}"
        found = self._get(f"/api/queues/{quote(self._virtual_host, safe='')}?{columns}")
        queues = {queue["name"]: _queue(queue) for queue in found}
        nodes = {node["name"]: _node(node) for node in self._get(f"/api/nodes?columns={','.join(NODE_COLUMNS)}")}
        return Reading(self._oldest.aged(queues), nodes)

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
            remedy="See that a node runs, that port and user are right, and that this machine may reach it.",
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
    """Each node's API; Amazon MQ's is at the broker's own name, with TLS."""
    urls: list[str] = runtime.environment.broker["management_urls"]
    return list(urls) or [f"https://{urlsplit(node).hostname}" for node in runtime.discovery.broker_url.split(";")]


def _queue(data: Mapping[str, Any]) -> QueueReading:
    return QueueReading(
        ready=data.get("messages_ready", 0),
        unacked=data.get("messages_unacknowledged", 0),
        consumers=data.get("consumers", 0),
        # A classic queue has no members: one that is there is its one.
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

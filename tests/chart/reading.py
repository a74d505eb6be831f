"""The values that KEDA would read: the query of each trigger, sent to the real broker as its scaler does.

Sources: kedacore/keda `pkg/scalers/` (rabbitmq_scaler.go: `messages` of the management API; aws_sqs_queue_scaler.go:
the sum of two attributes; redis_scaler.go: the length of a key, whatever its type).
"""

from typing import Any
from urllib.parse import quote

import redis
import urllib3

from tests.harness.environment import TestEnvironment

Json = dict[str, Any]


def backlog(scaled_object: Json, environment: TestEnvironment, password: str = "") -> int:
    """The value of the formula, with each trigger's name replaced by its value."""
    spec = scaled_object["spec"]
    values = {trigger["name"]: read(trigger, environment, password) for trigger in spec["triggers"]}
    return sum(values[name] for name in spec["advanced"]["scalingModifiers"]["formula"].split(" + "))


def read(trigger: Json, environment: TestEnvironment, password: str) -> int:
    """The value of one trigger."""
    metadata = trigger["metadata"]
    if trigger["type"] == "rabbitmq":
        return _rabbitmq(metadata, environment.resolved["broker"]["user"], password)
    if trigger["type"] == "aws-sqs-queue":
        return _sqs(metadata, environment.client("sqs"))
    return _redis(metadata, environment.resolved["broker"]["user"], password)


def _rabbitmq(metadata: Json, user: str, password: str) -> int:
    url = (
        f"{metadata['host']}api/queues/{quote(metadata['vhostName'], safe='')}/{quote(metadata['queueName'], safe='')}"
    )
    answer = urllib3.request("GET", url, headers=urllib3.make_headers(basic_auth=f"{user}:{password}"), timeout=10)
    if answer.status == 404:
        raise LookupError(f"no queue {metadata['queueName']} yet: a worker declares it")
    assert answer.status == 200, answer.data
    # A queue without statistics does not have this field, which the scaler takes as 0.
    return int(answer.json().get("messages_ready" if metadata["excludeUnacknowledged"] == "true" else "messages", 0))


def _sqs(metadata: Json, client: Any) -> int:
    names = ["ApproximateNumberOfMessages"]
    if metadata["scaleOnInFlight"] == "true":
        names.append("ApproximateNumberOfMessagesNotVisible")
    url = client.get_queue_url(QueueName=metadata["queueURL"])["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _redis(metadata: Json, user: str, password: str) -> int:
    host, port = metadata["address"].split(":")
    login: dict[str, Any] = {"username": user, "password": password} if password else {}
    tls = metadata["enableTLS"] == "true"
    # KEDA trusts the system's authorities, but the server of the test has another one.
    server: Any = redis.Redis(host=host, port=int(port), db=int(metadata["databaseIndex"]), ssl=tls,
                              ssl_cert_reqs="none", **login)  # fmt: skip
    lengths = {b"list": server.llen, b"hash": server.hlen, b"none": lambda _key: 0}
    return int(lengths[server.type(metadata["listName"])](metadata["listName"]))

"""An environment of many queues and 50,000 dead-lettered messages on each kind of broker."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amqp import Message
from celery_platform.brokers import broker_of
from celery_platform.settings import runtime
from kombu import Connection
from redis import Redis

from tests.harness import servers
from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.processes import free_port

from .inside import inside
from .test_hostile import envelope

MESSAGES, CAUSES = 50_000, 40
# The queues whose dead letter queues have messages, and how many messages wait in each queue.
FAILING, WAITING = 20, 3
# SQS's most for one request.
BATCH = 10
# As deep as a request through a framework; the platform keeps the last 8,500 bytes of a traceback.
TRACEBACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "/opt/shop/shop/orders/step_{number}.py", line {number}, in handle\n    return self.then(order, *rest)\n'
    for number in range(30)
)


@dataclass(frozen=True)
class Shared:
    """What environments of all kinds use. `valkey` is the URL of a Valkey without a database."""

    folder: Path
    endpoint: str
    valkey: str
    application: Application


@contextmanager
def on_redis(shared: Shared, queues: int) -> Iterator[TestEnvironment]:
    """Lists of a Valkey."""
    url = f"{shared.valkey}/4"
    made = prepare("redis", shared.folder, _servers(shared, url), "many", _with(queues))
    server, prefix = Redis.from_url(url), made.resolved["prefix"]
    with server.pipeline(transaction=False) as pipe:
        for number, (queue, headers, body) in enumerate(dead_lettered(made.resolved)):
            pipe.lpush(f"{prefix}:{queue['dead_letter_name']}", envelope(headers, body))
            if number % 5_000 == 0:
                pipe.execute()
        for queue in made.resolved["queues"].values():
            pipe.lpush(f"{prefix}:{queue['name']}", *[envelope({"task": "a", "id": "b"})] * WAITING)
        pipe.execute()
    yield made
    server.flushdb()


@contextmanager
def on_rabbitmq(shared: Shared, queues: int) -> Iterator[TestEnvironment]:
    """Quorum queues of a node of its own, which has a management API."""
    port = free_port()
    with servers.rabbitmq(shared.folder, port) as broker_port:
        made = prepare(
            "rabbitmq", shared.folder,
            _servers(shared, f"amqp://127.0.0.1:{broker_port}", broker_password=servers.RABBITMQ_PASSWORD),
            "many", _with(queues, management_urls=[f"http://127.0.0.1:{port}"]),
        )  # fmt: skip
        with inside(made):
            broker = broker_of(runtime())
            # Without the options of the platform, which waits for the confirmation of each message.
            with Connection(broker.url()) as connection:
                channel: Any = connection.channel()
                for each in runtime().environment.queues.values():
                    broker.queue(each)(channel).declare()
                    broker.dead_letter_queue(each)(channel).declare()
                for queue, headers, body in dead_lettered(made.resolved):
                    channel.basic_publish(_amqp(headers, body), routing_key=queue["dead_letter_name"])
                for queue in made.resolved["queues"].values():
                    for _ in range(WAITING):
                        channel.basic_publish(_amqp({"task": "a", "id": "b"}, [[], {}, {}]), routing_key=queue["name"])
        yield made


@contextmanager
def on_sqs(shared: Shared, queues: int) -> Iterator[TestEnvironment]:
    """Queues of the emulated account."""
    made = prepare("sqs", shared.folder, _servers(shared, "sqs://"), "many", _with(queues))
    sqs = made.client("sqs")
    urls = {name: sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in _names(made.resolved)}
    waiting: dict[str, list[str]] = {}
    for queue in made.resolved["queues"].values():
        waiting[urls[queue["name"]]] = [_encoded({"task": "a", "id": "b"}, [[], {}, {}])] * WAITING
    with ThreadPoolExecutor(4) as threads:

        def send(url: str, bodies: list[str]) -> None:
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
            assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")

        batches: dict[str, list[str]] = {}
        for queue, headers, body in dead_lettered(made.resolved):
            batch = batches.setdefault(urls[queue["dead_letter_name"]], [])
            batch.append(_encoded(headers, body))
            if len(batch) == BATCH:
                threads.submit(send, urls[queue["dead_letter_name"]], batch.copy())
                batch.clear()
        for url, bodies in (batches | waiting).items():
            if bodies:
                threads.submit(send, url, bodies)
    yield made


Filled = Callable[[Shared, int], Any]
KINDS: Mapping[str, Filled] = {"redis": on_redis, "rabbitmq": on_rabbitmq, "sqs": on_sqs}


def dead_lettered(resolved: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[Any]]]:
    """Queue, headers and body of each message, over twenty queues."""
    queues = list(resolved["queues"].values())
    for number in range(MESSAGES):
        cause = number % CAUSES
        headers = {
            "id": f"4f0c2a9e-0000-4000-8000-{number:012}", "task": f"shop.orders.step_{cause}", "lang": "py",
            "retries": 3, "origin": "io-1@host", "root_id": f"r-{number}", "sent_at": time.time() - number,
            "argsrepr": f"('o-{number}',)", "kwargsrepr": "{}", "x-dead-letter-attempts": 4,
            "x-dead-letter-reason": f"GatewayError: order o-{number} of customer {number * 7}: 503",
            "x-dead-letter-traceback": f"{TRACEBACK}shop.errors.GatewayError: order o-{number}: 503\n",
            "x-dead-letter-at": time.time() - number,
        }  # fmt: skip
        body = [[f"o-{number}"], {"lines": [{"sku": f"s-{n}", "amount": n} for n in range(8)]}, {"chain": None}]
        yield queues[cause % FAILING], headers, body


def _with(count: int, **broker: Any) -> Callable[[dict[str, Any], str], None]:
    """Give an environment so many queues, all drained by one pool."""

    def change(resolved: dict[str, Any], name: str) -> None:
        del name
        resolved["broker"] |= broker
        like = resolved["queues"]["quick"]
        for number in range(count - len(resolved["queues"])):
            label = f"tenant-{number:04}"
            own = {"name": f"celery-many-{label}", "dead_letter_name": f"celery-many-{label}-dead-letters"}
            resolved["queues"][label] = like | own
            resolved["pools"]["io"]["queues"].append(label)

    return change


def _servers(shared: Shared, url: str, **secrets: str) -> Servers:
    return Servers(shared.endpoint, url, f"{shared.valkey}/5", shared.application, secrets)


def _names(resolved: Mapping[str, Any]) -> Iterator[str]:
    for queue in resolved["queues"].values():
        yield from (queue["name"], queue["dead_letter_name"])


def _amqp(headers: dict[str, Any], body: list[Any]) -> Message:
    return Message(
        json.dumps(body), content_type="application/json", content_encoding="utf-8", application_headers=headers,
        delivery_mode=2, correlation_id=headers["id"],
    )  # fmt: skip


def _encoded(headers: dict[str, Any], body: list[Any]) -> str:
    """As kombu sends it to SQS."""
    return base64.b64encode(envelope(headers, body).encode()).decode()

"""What a console takes with 1,000 queues and 50,000 dead-lettered messages: the time of each page, and memory.

`SLOW=1 pytest -n0 -s tests/console/test_cost.py` prints the table of the console's README.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis

from tests.harness.environment import Application, Servers, TestEnvironment, prepare
from tests.harness.waiting import eventually

from .pages import links
from .served import Served, served
from .test_hostile import envelope

pytestmark = pytest.mark.slow
QUEUES, MESSAGES, CAUSES = 1_000, 50_000, 40
PAGE_SECONDS, MEMORY_MIB = 0.3, 150
REQUESTS = 10
# As deep as a request through a framework; the platform keeps the last 8,500 bytes of a traceback.
TRACEBACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "/opt/shop/shop/orders/step_{number}.py", line {number}, in handle\n    return self.then(order, *rest)\n'
    for number in range(30)
)


def many(resolved: dict[str, Any], name: str) -> None:
    """Give the environment a thousand queues, all drained by one pool."""
    del name
    like = resolved["queues"]["quick"]
    for number in range(QUEUES - len(resolved["queues"])):
        label = f"tenant-{number:04}"
        own = {"name": f"celery-many-{label}", "dead_letter_name": f"celery-many-{label}-dead-letters"}
        resolved["queues"][label] = like | own
        resolved["pools"]["io"]["queues"].append(label)


@pytest.fixture
def environment(
    folder: Path, aws_endpoint: str, valkey_9_port: int, application: Application
) -> Iterator[TestEnvironment]:
    (folder / "many").mkdir()
    url = f"redis://127.0.0.1:{valkey_9_port}"
    made = prepare("redis", folder / "many", Servers(aws_endpoint, f"{url}/4", f"{url}/5", application), "many", many)
    fill(Redis.from_url(f"{url}/4"), made.resolved)
    yield made
    Redis.from_url(f"{url}/4").flushdb()


def fill(server: "Redis", resolved: dict[str, Any]) -> None:
    """Spread the messages over twenty queues, and let a few wait in each queue."""
    queues = list(resolved["queues"].values())
    with server.pipeline(transaction=False) as pipe:
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
            pipe.lpush(f"{resolved['prefix']}:{queues[cause % 20]['dead_letter_name']}", envelope(headers, body))
            if number % 5_000 == 0:
                pipe.execute()
        for queue in queues:
            pipe.lpush(f"{resolved['prefix']}:{queue['name']}", *[envelope({"task": "a", "id": "b"})] * 3)
        pipe.execute()


def memory(pid: int, field: str) -> float:
    """A size of a process in MiB: VmRSS now, VmHWM at most."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def processor_seconds(pid: int) -> float:
    """What a process has taken of the processor, which does not depend on what else runs on the machine."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def timed(client: httpx2.Client, page: str, pid: int) -> tuple[float, float]:
    """Seconds of the processor that a page takes, and seconds that its reader waits: means of ten requests."""
    began, used = time.monotonic(), processor_seconds(pid)
    for _ in range(REQUESTS):
        answer = client.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
    return (processor_seconds(pid) - used) / REQUESTS, (time.monotonic() - began) / REQUESTS


def test_pages_are_fast_and_memory_is_bounded(environment: TestEnvironment, tmp_path: Path) -> None:
    with served(environment, tmp_path, "--interval", "600") as console, signed_in(console) as client:
        began = time.monotonic()
        page = eventually(lambda: whole(client), "all messages", 300)
        read = time.monotonic() - began
        (cause, *_) = links(page, "/failures/causes/")
        (message, *_) = links(client.get(cause).text, "/failures/message")
        (replay,) = links(client.get(cause).text, "/replay")
        pages = ["/", "/?all=1", "/failures", cause, f"{cause}?offset=1000", message, replay, "/queues",
                 "/queues/tenant-0001", "/workers", "/schedule"]  # fmt: skip
        for name in pages:
            client.get(name)
        times = {name: timed(client, name, console.pid) for name in pages}
        now, most = memory(console.pid, "VmRSS"), memory(console.pid, "VmHWM")

    report = {name: f"{used * 1000:.0f} ms, waited {waited * 1000:.0f}" for name, (used, waited) in times.items()}
    print(json.dumps({"reading": f"{read:.0f} s", "memory": f"{now:.0f} MiB, at most {most:.0f}"} | report, indent=1))
    assert {name: used for name, (used, _) in times.items() if used > PAGE_SECONDS} == {}
    assert most <= MEMORY_MIB


@contextmanager
def signed_in(console: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=console.base, follow_redirects=True, timeout=60) as client:
        client.get(console.sign_in)
        yield client


def whole(client: httpx2.Client) -> str:
    """The page once every message has been read."""
    page = client.get("/failures").text
    return page if len(links(page, "/failures/causes/")) == CAUSES else ""

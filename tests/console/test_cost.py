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

import httpx2
import pytest

from tests.harness.environment import Application, TestEnvironment
from tests.harness.waiting import eventually

from .many import CAUSES, KINDS, MESSAGES, Shared
from .pages import links
from .served import Served, served

pytestmark = pytest.mark.slow
QUEUES = 1_000
PAGE_SECONDS, MEMORY_MIB = 0.3, 150
REQUESTS = 10


@pytest.fixture(params=KINDS)
def environment(
    request: pytest.FixtureRequest, folder: Path, aws_endpoint: str, valkey_9_port: int, application: Application
) -> Iterator[TestEnvironment]:
    here = folder / f"many-{request.param}"
    here.mkdir()
    began = time.monotonic()
    shared = Shared(here, aws_endpoint, f"redis://127.0.0.1:{valkey_9_port}", application)
    with KINDS[request.param](shared, QUEUES) as made:
        print(f"{request.param}: filled in {time.monotonic() - began:.0f} s")
        yield made


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
        page = eventually(lambda: whole(client), "all messages", 600)
        read = time.monotonic() - began
        (cause, *_) = links(page, "/failures/causes/")
        (message, *_) = links(client.get(cause).text, "/failures/message")
        (replay,) = links(client.get(cause).text, "/replay")
        pages = ["/", "/?all=1", "/failures", cause, f"{cause}?offset=1000", message, "/queues",
                 "/queues/tenant-0001", "/workers", "/schedule"]  # fmt: skip
        for name in pages:
            client.get(name)
        quiet = {name: timed(client, name, console.pid) for name in pages}
        client.get(replay)
        busy = {name: timed(client, name, console.pid) for name in [*pages, replay]}
        now, most = memory(console.pid, "VmRSS"), memory(console.pid, "VmHWM")

    print(json.dumps({
        "reading": f"{read:.0f} s", "memory": f"{now:.0f} MiB, at most {most:.0f}",
        "pages": written(quiet), "pages while a dry run reads": written(busy),
    }, indent=1))  # fmt: skip
    assert {name: used for name, (used, _) in [*quiet.items(), *busy.items()] if used > PAGE_SECONDS} == {}
    assert most <= MEMORY_MIB


def written(times: dict[str, tuple[float, float]]) -> dict[str, str]:
    return {name: f"{used * 1000:.0f} ms, waited {waited * 1000:.0f}" for name, (used, waited) in times.items()}


@contextmanager
def signed_in(console: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=console.base, follow_redirects=True, timeout=60) as client:
        client.get(console.sign_in)
        yield client


def whole(client: httpx2.Client) -> str:
    """The page once every message has been read; each cause has as many."""
    page = client.get("/failures").text
    return page if page.count(f">{MESSAGES // CAUSES:,}<") == CAUSES else ""

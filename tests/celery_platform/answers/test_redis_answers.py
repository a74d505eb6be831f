"""Whatever a Redis broker answers, the worker goes on: it asks again, connects again, and loses and repeats nothing."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from celery_platform.reliability.redis_answers import ELSEWHERE, HERE
from redis import Redis
from redis.exceptions import RedisError

from tests.harness import servers
from tests.harness.resp_proxy import resp_proxy
from tests.harness.waiting import eventually

from .conftest import Worker
from .metrics import refusals_counted

POOLS = ("threads", "turbo", "prefork", "gevent", "solo")
SEND = "from exercises import probe; [probe.due.delay({file!r}) for _ in range({count})]"
SLOW = "from exercises import probe; probe.slow.delay({file!r}, {seconds})"
# As the server words them; the rest begins with the code as well.
WORDS = {
    "UNBLOCKED": "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "MOVED": "MOVED 3999 127.0.0.1:6381", "ASK": "ASK 3999 127.0.0.1:6381",
    "OOM": "OOM command not allowed when used memory > 'maxmemory'.",
}  # fmt: skip
# What a worker asks its broker with, by what only that has in it.
COMMANDS = {"take": "LRANGE", "wait": "BRPOP", "acknowledge": "return redis.call('HDEL'"}
ANSWERS = {code: WORDS.get(code, f"{code} as the server words it") for code in sorted(ELSEWHERE | HERE)} | {
    "ERR": "ERR max number of clients reached", "INTERNAL": "ERR internal error",
}  # fmt: skip
SAMPLE = {("take", "READONLY"), ("wait", "UNBLOCKED"), ("acknowledge", "OOM"), ("take", "BUSY")}


def ran(file: Path, line: str = "ran") -> int:
    """How often tasks left this line."""
    return file.read_text().split("\n").count(line) if file.exists() else 0


def settled(client: Redis) -> bool:
    """Whether the broker holds no message that was delivered."""
    return not any("unacked" in key for key in client.scan_iter("*"))


def cell(pool: str, command: str, code: str) -> Any:
    """One of all, of which `make test` tries a few."""
    sampled = (command, code) in SAMPLE and pool in ("threads", "turbo", *(["gevent"] if code == "OOM" else []))
    return pytest.param(pool, command, code, marks=() if sampled else pytest.mark.slow, id=f"{pool}-{command}-{code}")


@pytest.mark.parametrize(
    ("pool", "command", "code"),
    [cell(pool, command, code) for pool in POOLS for command in COMMANDS for code in ANSWERS],
)
def test_a_worker_goes_on_after(
    broker: tuple[int, Redis], started: Callable[..., Worker], tmp_path: Path, pool: str, command: str, code: str
) -> None:
    port, client = broker
    file = tmp_path / "ran"
    with resp_proxy(port) as (proxy, replies):
        worker = started(proxy, pool, port)
        worker.producer.python(SEND.format(file=str(file), count=1))
        # Until it is acknowledged, a connection that is lost brings it again.
        eventually(lambda: ran(file) == 1 and settled(client), "the first task")

        # An idle worker waits again each second. A message that arrives with the refusal would run while its connection
        # is given up, and may then run again, as on every broker.
        during, after = (0, 4) if command == "wait" else (1, 3)
        replies.error[COMMANDS[command]] = ANSWERS[code]
        worker.producer.python(SEND.format(file=str(file), count=during))
        eventually(lambda: replies.answered[COMMANDS[command]] >= 2, f"refusals; {worker.said[-3000:]}", 30)
        replies.error.clear()
        worker.producer.python(SEND.format(file=str(file), count=after))

        eventually(lambda: ran(file) >= 5 and settled(client), f"the tasks; {worker.said[-3000:]}", 60)
        assert ran(file) == 5, "a task ran twice"
        assert worker.process.poll() is None
    assert "Unrecoverable" not in worker.said
    assert refusals_counted(worker.metrics_port) >= 1


# --- what a real server says by itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", ["threads", "turbo", pytest.param("prefork", marks=pytest.mark.slow)])
def test_a_failover_leaves_no_worker_behind(
    broker: tuple[int, Redis], started: Callable[..., Worker], tmp_path: Path, pool: str
) -> None:
    port, client = broker
    worker, file = started(port, pool), tmp_path / "ran"
    (tmp_path / "other").mkdir()
    with servers.valkey(tmp_path / "other") as other:
        client.replicaof("127.0.0.1", other)
        eventually(lambda: "READONLY" in worker.said or "read only" in worker.said, f"READONLY; {worker.said}", 30)
        time.sleep(3)
        assert worker.process.poll() is None
        client.replicaof("NO", "ONE")

    worker.producer.python(SEND.format(file=str(file), count=3))
    eventually(lambda: ran(file) == 3 and settled(client), f"the tasks; {worker.said[-3000:]}", 60)
    assert worker.process.poll() is None


@contextmanager
def configured(client: Redis, **options: Any) -> Iterator[None]:
    """The server with other options, while the context is open."""
    names = {name.replace("_", "-"): value for name, value in options.items()}
    before = {name: client.config_get(name)[name] for name in names}
    for name, value in names.items():
        client.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value or "")


@contextmanager
def busy(client: Redis) -> Iterator[None]:
    """The server runs somebody's script, and answers BUSY to all others."""
    client.config_set("busy-reply-threshold", 100)
    patient = Redis(port=client.connection_pool.connection_kwargs["port"], socket_timeout=60)

    def endless() -> None:
        with suppress(RedisError):
            patient.eval("while true do end", 0)

    thread = threading.Thread(target=endless, daemon=True)
    thread.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        client.script_kill()
        thread.join(10)


@contextmanager
def locked(client: Redis) -> Iterator[None]:
    """The password was changed: connections are asked for one, which the worker has not."""
    with configured(client, requirepass="another"):
        client.auth("another")
        client.client_kill_filter(_type="normal", skipme=True)
        yield


@contextmanager
def without_replicas(client: Redis) -> Iterator[None]:
    """The server takes no writes, because nobody copies them."""
    with configured(client, min_replicas_to_write=1):
        yield


@contextmanager
def full(client: Redis) -> Iterator[None]:
    """The server has no memory left, and evicts nothing."""
    with configured(client, maxmemory=1, maxmemory_policy="noeviction"):
        yield


@contextmanager
def forbidden(client: Redis) -> Iterator[None]:
    """The user may no longer run scripts."""
    client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all", "-eval"], keys=["*"], channels=["*"])
    try:
        yield
    finally:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"], keys=["*"], channels=["*"])


@contextmanager
def unblocked(client: Redis) -> Iterator[None]:
    """Somebody ends every wait with an error, again and again."""
    over = threading.Event()

    def unblock() -> None:
        while not over.wait(0.2):
            for each in client.client_list():
                client.client_unblock(int(each["id"]), error=True)

    thread = threading.Thread(target=unblock, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


@contextmanager
def frozen(client: Redis) -> Iterator[None]:
    """The server does not answer at all for some seconds."""
    client.client_pause(4000, all=True)
    yield


FAULTS = (busy, locked, without_replicas, full, forbidden, unblocked, frozen)


@pytest.mark.parametrize(
    "pool", ["threads", "turbo", *(pytest.param(each, marks=pytest.mark.slow) for each in POOLS[2:])]
)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_of_a_real_server_is_survived_and_settles_what_ran_in_it(
    broker: tuple[int, Redis], started: Callable[..., Worker], tmp_path: Path, fault: Any, pool: str
) -> None:
    if os.environ.get("SLOW") is None and (fault, pool) not in (
        (full, "threads"),
        (busy, "turbo"),
        (locked, "threads"),
    ):
        pytest.skip("takes minutes with all others: SLOW=1")
    port, client = broker
    worker, slow, file = started(port, pool), tmp_path / "slow", tmp_path / "ran"
    worker.producer.python(SLOW.format(file=str(slow), seconds=2))
    eventually(lambda: ran(slow, "begins") == 1, "the task that ends in the fault")

    with fault(client):
        time.sleep(5)
        assert worker.process.poll() is None, worker.said[-3000:]
    worker.producer.python(SEND.format(file=str(file), count=3))

    eventually(lambda: ran(file) == 3 and settled(client), f"the tasks; {worker.said[-3000:]}", 90)
    assert worker.process.poll() is None
    assert "Unrecoverable" not in worker.said

"""With `worker_disable_prefetch` a worker holds the messages that it runs and no other, as with kombu's transport."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.processes import running
from tests.harness.waiting import eventually

OPTIONS = "--disable-prefetch --prefetch-multiplier=8"
WORKER = """
import sys
pool, transport, _ = sys.argv[1:]
if pool == "gevent":
    from gevent import monkey
    monkey.patch_all()
from celery_platform.transports.registration import install
if transport == "platform":
    install()
from tests.celery_platform.turbo.harness.work import app
app.worker_main(["worker", f"--pool={pool}", "--concurrency=2", "--loglevel=INFO", "--without-mingle",
                 "--without-gossip", "--without-heartbeat", *sys.argv[3].split()])
"""
WORKERS = [
    *((pool, "platform") for pool in ("prefork", "threads", "gevent", "solo", "turbo")),
    ("prefork", "kombu's"), ("gevent", "kombu's"),
]  # fmt: skip


@pytest.fixture
def on_redis(bench: Bench, valkey_port: int) -> Iterator[Bench]:
    """The turbo tests' application with Redis as its broker."""
    url = f"redis://127.0.0.1:{valkey_port}/6"
    yield replace(bench, variables=bench.variables | {"TURBO_BROKER": url})
    Redis.from_url(url).flushdb()


@contextmanager
def worker(bench: Bench, pool: str, transport: str) -> Iterator[Path]:
    if pool == "turbo":
        with bench.worker(1, TURBO_OPTIONS=OPTIONS) as (_, log):
            yield log
        return
    log = bench.folder / f"disable-prefetch-{pool}-{os.urandom(3).hex()}.log"
    with running([sys.executable, "-c", WORKER, pool, transport, OPTIONS], log, bench.variables, stop_seconds=30):
        yield log


@pytest.mark.parametrize("made", WORKERS, ids=" with ".join)
def test_a_worker_holds_what_it_runs(on_redis: Bench, where: str, made: tuple[str, str]) -> None:
    pool, transport = made
    slots = {"turbo": 1, "solo": 1}.get(pool, 2)
    url = on_redis.variables["TURBO_BROKER"]
    broker: Any = Redis.from_url(url)
    with on_redis.work.app.connection_for_write(url) as connection:
        for _ in range(12):
            on_redis.work.sleep.apply_async((where, 2), connection=connection)
    with worker(on_redis, pool, transport) as log:
        eventually(lambda: len(on_redis.list_(where)) >= slots, f"the first tasks, {log}", 60)
        held = []
        while len(on_redis.list_(where)) < 3 * slots:
            held.append(broker.hlen("unacked"))
            time.sleep(0.05)

    # Celery gives a slot away just before it acknowledges the slot's message, so a single sample may see one more.
    assert 1 <= max(map(min, pairwise(held))) <= slots

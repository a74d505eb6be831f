"""A worker whose loop runs and which no longer asks its broker is red; one that asks in vain is not."""

import sys
import time
from pathlib import Path

import pytest
from celery_platform.worker import gevent_patch
from celery_platform.worker.heartbeat_file import STALE_SECONDS, judge

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

# A gevent worker starts again as `python -m gevent.monkey`, which would undo the defect; so this process is patched.
PATCHED = f"""
import os
from gevent import monkey
monkey.patch_all()
os.environ["{gevent_patch.VARIABLE}"] = str(os.getpid())
"""
WORKER = """
from celery_platform.guards import polled
import {module} as broken
polled.SILENT_SECONDS = 3.0
{defect}
from celery_platform.worker.start import start_worker
start_worker("io")
"""
# Defects that do not exist: a poll that is never made again.
SQS = "broken.RefusedPolls._loop1 = lambda *_: None"
REDIS = "broken.Taking._brpop_start = lambda self, timeout=None: None"


def worker(pool: str, module: str, defect: str) -> list[str]:
    """The command of a worker of the pool io, of type `pool`, with a defect in one of its modules."""
    return [sys.executable, "-c", (PATCHED if pool == "gevent" else "") + WORKER.format(module=module, defect=defect)]


@pytest.mark.parametrize(
    ("broker", "pool", "module", "defect"),
    [
        ("sqs", "threads", "celery_platform.transports.sqs.refused_polls", SQS),
        ("redis", "threads", "celery_platform.transports.redis.take", REDIS),
        pytest.param("redis", "gevent", "celery_platform.transports.redis.take", REDIS, marks=pytest.mark.slow),
        pytest.param("redis", "prefork", "celery_platform.transports.redis.take", REDIS, marks=pytest.mark.slow),
    ],
)
def test_a_worker_that_polls_no_more_fails_its_liveness_probe(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str, module: str, defect: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2}})
    heartbeat, log = tmp_path / "heartbeat", tmp_path / "worker.log"
    variables = variant.variables | {"CELERY_HEARTBEAT_FILE": str(heartbeat)}
    with running(worker(pool, module, defect), log, variables) as process:
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log.read_text()[-2000:]}")
        eventually(lambda: not judge("liveness", str(heartbeat))[0], "the failure of the probe", STALE_SECONDS + 40)
        assert process.poll() is None
    assert "the heartbeat stops" in log.read_text()


@pytest.mark.parametrize("broker", ["sqs", "redis"])
def test_an_idle_worker_goes_on_polling(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    heartbeat, log = tmp_path / "heartbeat", tmp_path / "worker.log"
    variables = environment.variables | {"CELERY_HEARTBEAT_FILE": str(heartbeat)}
    # Shorter than a long poll of SQS would be too short.
    command = worker("threads", "celery_platform.transports.sqs.refused_polls", "polled.SILENT_SECONDS = 12.0")
    with running(command, log, variables):
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log.read_text()[-2000:]}")
        time.sleep(20)
        assert judge("readiness", str(heartbeat))[0]
    assert "the heartbeat stops" not in log.read_text()


# Each takes longer than a silence may; more of them than there are slots and places in the prefetch window.
BUSY = """
from exercises.effects import record
for number in range(8):
    record.delay(f"busy-{token}-{{number}}/16")
"""


@pytest.mark.parametrize(
    ("broker", "pool"),
    [
        ("sqs", "threads"),
        pytest.param("redis", "threads", marks=pytest.mark.slow),
        *(
            pytest.param(broker, pool, marks=pytest.mark.slow)
            for broker in ("sqs", "redis")
            for pool in ("prefork", "gevent", "turbo", "solo")
        ),
    ],
)
def test_a_worker_without_a_free_slot_is_alive(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    variant = environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2, "prefetch_multiplier": 1}})
    heartbeat, log = tmp_path / "heartbeat", tmp_path / "worker.log"
    variables = variant.variables | {"CELERY_HEARTBEAT_FILE": str(heartbeat)}
    module = "celery_platform.transports.sqs.refused_polls"
    with running(worker(pool, module, "polled.SILENT_SECONDS = 12.0"), log, variables) as process:
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log.read_text()[-2000:]}")
        variant.python(BUSY.format(token=f"{broker}-{pool}"))
        for _ in range(50):
            time.sleep(1)
            assert judge("liveness", str(heartbeat))[0], log.read_text()[-3000:]
        assert process.poll() is None
    assert "the heartbeat stops" not in log.read_text()

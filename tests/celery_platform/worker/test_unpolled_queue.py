"""A worker whose loop runs and which no longer asks its broker is red; one that asks in vain is not."""

import sys
import time
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import STALE_SECONDS, judge

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

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
    command = [sys.executable, "-c", WORKER.format(module=module, defect=defect)]
    with running(command, log, variables) as process:
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
    code = WORKER.format(module="celery_platform.transports.sqs.refused_polls", defect="polled.SILENT_SECONDS = 12.0")
    with running([sys.executable, "-c", code], log, variables):
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log.read_text()[-2000:]}")
        time.sleep(20)
        assert judge("readiness", str(heartbeat))[0]
    assert "the heartbeat stops" not in log.read_text()

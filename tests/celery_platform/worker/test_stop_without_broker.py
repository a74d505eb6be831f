"""A worker that is asked to end while its broker is away ends at once: it can neither take nor settle anything."""

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

OTHERS = ("prefork", "gevent", "solo", "asyncio")


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
@pytest.mark.parametrize("pool", ["threads", *(pytest.param(pool, marks=pytest.mark.slow) for pool in OTHERS)])
def test_a_worker_without_a_broker_ends_at_once(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    port = urlsplit(environment.broker_url).port
    assert port is not None
    with cable(port) as plugged:
        url = environment.broker_url.replace(f":{port}", f":{plugged.port}")
        variant = environment.variant(tmp_path, broker_url=url, pools={"io": {"type": pool, "concurrency": 2}})
        with variant.worker("io") as (process, log):
            eventually(lambda: " ready" in log.read_text(), f"the worker; {log}")
            plugged.pull()
            eventually(lambda: "Trying again" in log.read_text(), f"the worker to miss its broker; {log}")
            begun = time.monotonic()
            process.terminate()
            process.wait(90)
            took = time.monotonic() - begun
    # Celery sleeps between attempts to connect, a few seconds at first; the limit of a stop is a minute.
    assert took < 15, log.read_text()[-3000:]

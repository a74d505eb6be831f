"""A threads pool whose stop takes longer than RabbitMQ waits for a silent connection."""

from pathlib import Path

import pytest
from celery_platform.brokers.interface import HEARTBEAT_SECONDS

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("pool", ["prefork", "threads", "gevent"])
def test_a_task_that_ends_late_in_the_stop_is_not_delivered_again(
    rabbitmq: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    file = tmp_path / "ran"
    environment = rabbitmq.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2}})
    # Below the soft limit of its queue, and five heartbeats long: RabbitMQ closes a connection after two or three.
    environment.python(f"from exercises import probe\nprobe.slow.delay({str(file)!r}, {5 * HEARTBEAT_SECONDS})")

    with environment.worker("io", CELERY_STOP_TIMEOUT="60") as (stopped, log):
        eventually(lambda: file.exists(), f"the task; {log}", 60)
        stopped.terminate()
        with environment.worker("io"):
            assert stopped.wait(40) == 0, log.read_text()
            environment.python(f"from exercises import probe\nprobe.due.delay({str(file)!r})")
            eventually(lambda: "ran" in file.read_text(), "another worker's task", 60)

    assert file.read_text().splitlines() == ["begins", "ends", "ran"]

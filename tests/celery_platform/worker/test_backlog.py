"""A worker starts while messages are waiting, and its tasks block the loop that waits for RabbitMQ's replies."""

from pathlib import Path

import pytest
from celery_platform.transports.amqp.bounded_waits import ANSWER_SECONDS

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("pool", ["solo", "turbo"])
def test_a_first_task_longer_than_the_reply_timeout_keeps_the_connection(
    rabbitmq: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    file = tmp_path / "ran"
    environment = rabbitmq.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1}})
    environment.python(f"from exercises import probe\nprobe.slow.delay({str(file)!r}, {ANSWER_SECONDS + 2})")

    with environment.worker("io") as (_, log):
        eventually(lambda: file.exists() and "ends" in file.read_text(), f"the task's end; {log}", 60)
        environment.python(f"from exercises import probe\nprobe.due.delay({str(file)!r})")
        eventually(lambda: "ran" in file.read_text(), f"the task after it; {log}", 30)

        assert file.read_text().splitlines() == ["begins", "ends", "ran"]
        assert "Connection to broker lost" not in log.read_text()

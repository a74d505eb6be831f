"""A pool of type turbo or gevent in an environment: the app's own worker, on each broker."""

from pathlib import Path

import pytest

from app.worker.heartbeat_file import judge

from ..harness.environment import TestEnvironment
from ..harness.waiting import eventually

SEND = (
    "from tests.app.harness.probe import once; [once.delay(f'{file}-{{number}}', {file!r}) for number in range(10)];"
    "print('sent')"
)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("pool", ["turbo", "gevent"])
def test_the_apps_tasks_run_in_it_and_its_heartbeat_is_heard(
    environment: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    heartbeat, noted = tmp_path / "heartbeat", tmp_path / "noted"
    bounds = {"type": pool, "concurrency": 2, "prefetch_multiplier": 16}
    variant = environment.variant(tmp_path, pools={"io": bounds})

    with variant.worker("io", probe=pool == "turbo", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, log):
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log}", 90)
        if pool == "turbo":
            assert variant.python(SEND.format(file=str(noted))) == "sent"
            eventually(lambda: lines(noted).count("end") == 10, f"ten tasks; {log}", 60)
        process.terminate()

        assert process.wait(60) == 0, log.read_text()
    assert "Traceback" not in log.read_text()

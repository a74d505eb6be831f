"""Pools of type turbo and gevent in an environment: the app's own worker."""

from pathlib import Path

from celery_platform.worker.heartbeat_file import judge

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = (
    "from exercises.probe import once;"
    "[once.delay(f'{file}-{{number}}', {file!r}) for number in range(10)];"
    "print('sent')"
)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_the_apps_tasks_run_in_it_and_it_writes_its_heartbeat(environment: TestEnvironment, tmp_path: Path) -> None:
    heartbeat, noted = tmp_path / "heartbeat", tmp_path / "noted"
    variant = environment.variant(
        tmp_path, pools={"io": {"type": "turbo", "concurrency": 2, "prefetch_multiplier": 16}}
    )

    with variant.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, log):
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log}", 90)
        assert variant.python(SEND.format(file=str(noted))) == "sent"
        eventually(lambda: lines(noted).count("end") == 10, f"ten tasks; {log}", 60)
        process.terminate()

        assert process.wait(60) == 0, log.read_text()


def test_a_gevent_pool_starts_patched_and_consumes(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    variant = rabbitmq.variant(tmp_path, pools={"io": {"type": "gevent", "concurrency": 20}})

    with variant.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, log):
        eventually(lambda: judge("readiness", str(heartbeat))[0], f"readiness; {log}", 90)
        assert "concurrency: 20 (gevent)" in log.read_text()
        process.kill()

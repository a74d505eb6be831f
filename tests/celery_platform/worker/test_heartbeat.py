"""The heartbeat of a worker works with every pool and during a broker outage, and stops if the loop is stuck."""

import os
import resource
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import HEARTBEAT_SECONDS, STALE_SECONDS, HeartbeatFile, judge

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually


def passes(probe: str, heartbeat: Path) -> bool:
    return judge(probe, str(heartbeat))[0]


def beats_again(heartbeat: Path) -> bool:
    """Whether another heartbeat follows within a few intervals."""
    last = heartbeat.stat().st_mtime_ns
    return eventually(lambda: heartbeat.stat().st_mtime_ns > last, "a heartbeat", seconds=10 * HEARTBEAT_SECONDS)


@pytest.mark.parametrize(
    ("broker", "pool"), [("rabbitmq", "prefork"), ("rabbitmq", "threads"), ("rabbitmq", "solo"), ("sqs", "threads")]
)
def test_a_worker_is_alive_from_start_to_stop_and_ready_while_it_consumes(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment: TestEnvironment = request.getfixturevalue(broker)
    heartbeat = tmp_path / "heartbeat"
    assert not passes("startup", heartbeat)
    of_type = environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2}})
    with of_type.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, log):
        eventually(heartbeat.exists, "the heartbeat")
        assert passes("liveness", heartbeat)
        eventually(lambda: passes("readiness", heartbeat), f"readiness; worker log:\n{log.read_text()[-2000:]}")
        assert passes("startup", heartbeat)
        assert beats_again(heartbeat)
        process.terminate()
        eventually(lambda: not passes("readiness", heartbeat), "the end of readiness")
        assert passes("liveness", heartbeat)


def test_a_broker_outage_ends_readiness_but_not_the_heartbeat(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    with cable(int(rabbitmq.broker_url.rpartition(":")[2])) as broker:
        beyond = rabbitmq.variant(tmp_path, broker_url=f"amqp://127.0.0.1:{broker.port}")
        with beyond.worker("cpu", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (_, log):
            eventually(lambda: passes("readiness", heartbeat), f"readiness; worker log:\n{log.read_text()[-2000:]}")
            broker.pull()
            eventually(lambda: not passes("readiness", heartbeat), "the end of readiness")
            for _ in range(3):
                assert beats_again(heartbeat)
            assert (passes("liveness", heartbeat), passes("startup", heartbeat)) == (True, True)
            broker.plug()
            eventually(lambda: passes("readiness", heartbeat), f"readiness; worker log:\n{log.read_text()[-2000:]}")


def test_a_frozen_worker_fails_its_liveness_probe(sqs: TestEnvironment, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    with sqs.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat)) as (process, _):
        eventually(lambda: passes("readiness", heartbeat), "readiness")
        process.send_signal(signal.SIGSTOP)
        try:
            eventually(
                lambda: not passes("liveness", heartbeat),
                "the failure of the probe",
                STALE_SECONDS + 2 * HEARTBEAT_SECONDS,
            )
        finally:
            process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("state", "age", "liveness", "readiness", "startup"),
    [
        ("starting", 0, True, False, False),
        ("connecting", 0, True, False, True),
        ("ready", 0, True, True, True),
        ("ready", STALE_SECONDS + 5, False, False, False),
        ("ready", -60, True, True, True),
        ("stopping", -60, True, False, True),
    ],
)
def test_each_probe_checks_its_own_condition(
    tmp_path: Path, state: str, age: float, liveness: bool, readiness: bool, startup: bool
) -> None:
    heartbeat = tmp_path / "heartbeat"
    HeartbeatFile(str(heartbeat)).write(state, away=-age)

    answers = [passes(probe, heartbeat) for probe in ("liveness", "readiness", "startup")]
    assert answers == [liveness, readiness, startup]


def health(heartbeat: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "celery_platform", "health", *words], text=True, check=False, capture_output=True,
        env=os.environ | {"CELERY_HEARTBEAT_FILE": str(heartbeat)},
    )  # fmt: skip


def test_app_health_answers_with_an_exit_code_and_a_reason(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    missing = health(heartbeat)
    HeartbeatFile(str(heartbeat)).write("connecting")

    assert (missing.returncode, "has not started" in missing.stdout) == (1, True)
    assert health(heartbeat).returncode == 0
    assert health(heartbeat, "startup").returncode == 0
    assert (health(heartbeat, "readiness").returncode, health(heartbeat, "readiness").stdout[:10]) == (1, "connecting")
    assert (health(heartbeat, "vigour").returncode, "vigour" in health(heartbeat, "vigour").stderr) == (2, True)


def test_a_probe_costs_little_more_than_starting_python(tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    HeartbeatFile(str(heartbeat)).write("ready")

    def cpu_seconds(run: Callable[[], object]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    rounds = [
        (cpu_seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)),
         cpu_seconds(lambda: health(heartbeat)))
        for _ in range(9)
    ]  # fmt: skip
    bare, probe = (statistics.median(values) for values in zip(*rounds, strict=True))
    # Importing typer alone would take six times as long, celery thirty times.
    assert probe < 3 * bare, f"{probe * 1000:.0f} ms of CPU for a probe, {bare * 1000:.0f} ms for bare Python"

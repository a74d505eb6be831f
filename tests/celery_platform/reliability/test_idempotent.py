"""An idempotent task in real workers has one effect when it is sent or delivered twice, or its worker is killed."""

import signal
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from celery_platform.reliability.idempotent import TakenError, idempotent
from celery_platform.reliability.valkey import valkey

from tests.harness.ends import ends
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SEND = """
from exercises.probe import once
for task_id in {ids!r}:
    once.apply_async(({key!r}, {file!r}, {seconds}), task_id=task_id)
"""


HOLD = """
from celery_platform.reliability.claims import valkey_claims
valkey_claims().claim("probe:{key}", lease_seconds={seconds})
"""


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs"], indirect=True)
def test_parallel_and_repeated_deliveries_have_one_effect(
    environment: TestEnvironment, tmp_path: Path, key: str
) -> None:
    file = tmp_path / "runs"
    with environment.worker("io"), environment.worker("io") as (_, log):
        # The same message three times at once, then another message for the same effect.
        environment.python(SEND.format(ids=["same", "same", "same", "other"], key=key, file=str(file), seconds=1))
        eventually(lambda: file.exists() and "end" in file.read_text(), "the effect")
        time.sleep(6)  # a run that found it taken has come back by now
        assert log.read_text()

    assert [line.split()[0] for line in file.read_text().splitlines()] == ["start", "end"]


def test_a_run_that_waits_several_times_for_the_one_before_it_is_not_lost(
    rabbitmq: TestEnvironment, tmp_path: Path, key: str
) -> None:
    file = tmp_path / "runs"
    rabbitmq.python(HOLD.format(key=key, seconds=25))
    with rabbitmq.worker("io") as (_, log):
        rabbitmq.python(SEND.format(ids=["a"], key=key, file=str(file), seconds=0))
        eventually(lambda: file.exists() and "end" in file.read_text(), "the run")

    assert len(ends(log, "probe.once")) >= 3, "it must have waited at least twice"


def test_a_worker_killed_in_the_middle_is_followed_by_one_with_a_larger_token(
    rabbitmq: TestEnvironment, tmp_path: Path, key: str
) -> None:
    file = tmp_path / "runs"
    with rabbitmq.worker("io") as (victim, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        rabbitmq.python(SEND.format(ids=["a"], key=key, file=str(file), seconds=4))
        eventually(file.exists, "the start")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    file.write_text(file.read_text().replace("start", "died"))
    with rabbitmq.worker("io"):
        eventually(lambda: "start" in file.read_text(), "the second run", seconds=20)

    died, started = (line.split() for line in file.read_text().splitlines()[:2])
    assert (died[0], started[0]) == ("died", "start")
    assert int(started[1]) > int(died[1]), "the fencing token must grow"
    assert int(started[1]) - int(died[1]) >= 3_000_000, "the dead worker's lease of 3 s must have been waited for"


@pytest.mark.parametrize("environment", ["rabbitmq", "redis"], indirect=True)
def test_a_replay_of_a_task_whose_result_could_not_be_encoded_has_no_second_effect(
    environment: TestEnvironment, tmp_path: Path, key: str
) -> None:
    file, send = tmp_path / "runs", "from exercises.probe import once_returning as task;"
    with environment.worker("io") as (_, log):
        task_id = environment.python(f"{send}print(task.delay({key!r}, {str(file)!r}).id)")
        eventually(lambda: task_id in environment.app("dlq", "list", "--json").stdout, "the dead letter")
        assert environment.app("dlq", "replay", task_id, "--yes").returncode == 0
        eventually(lambda: len(ends(log, "probe.once_returning", task_id)) >= 2, "the second run")

    assert file.read_text().split() == ["effect"]
    assert environment.python(f"{send}print(task.AsyncResult({task_id!r}).state)") == "SUCCESS"


@pytest.mark.usefixtures("inside_sqs")
class TestOutsideAWorker:
    """The decorated task keeps its guarantee when it is called as a function, too."""

    @staticmethod
    def task(body: object) -> Any:
        from exercises.celery import celery

        def run(_self: object, key: str) -> object:  # noqa: ARG001 - it makes the key
            return body() if callable(body) else body

        decorated = idempotent(key=lambda key: key, lease_seconds=5)(run)
        return celery.task(bind=True, name=f"probe.{uuid.uuid4().hex}")(decorated)

    def test_a_second_call_returns_the_first_ones_result_without_running(self, key: str) -> None:
        runs: list[int] = []

        def body() -> dict[str, int]:
            runs.append(1)
            return {"runs": len(runs)}

        task = self.task(body)
        assert task(key) == task(key) == {"runs": 1}

    def test_a_failed_run_lets_the_next_one_try_at_once(self, key: str) -> None:
        def body() -> None:
            raise ZeroDivisionError

        task = self.task(body)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                task(key)

    def test_a_taken_key_is_a_typed_error_that_names_the_other_run(self, key: str) -> None:
        task: Any = self.task(lambda: task(key))
        with pytest.raises(TakenError, match="another run is at work"):
            task(key)

    def test_a_run_costs_one_round_trip_before_and_one_after(self, key: str) -> None:
        task = self.task(1)
        task(f"{key}-warm")
        before = valkey().info("commandstats")["cmdstat_eval"]["calls"]
        total = sum(stat["calls"] for name, stat in valkey().info("commandstats").items() if name in SENT)
        task(key)
        after = valkey().info("commandstats")

        assert after["cmdstat_eval"]["calls"] - before == 2
        assert sum(stat["calls"] for name, stat in after.items() if name in SENT) - total == 2


# Commands that a client sends, as opposed to those that scripts call.
SENT = ("cmdstat_eval", "cmdstat_evalsha", "cmdstat_multi", "cmdstat_script")


def test_the_arguments_of_a_decorated_task_are_checked_when_it_is_sent(sqs: TestEnvironment) -> None:
    said = sqs.python(
        "from exercises.quick import note\ntry: note.delay('key')\nexcept TypeError as error: print(error)"
    )

    assert "missing 1 required positional argument" in said

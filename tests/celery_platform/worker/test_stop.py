"""A worker is stopped during a task on real brokers: the task finishes on some worker, and its effect happens once."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import judge
from celery_platform.worker.stop import RESERVE_SECONDS, patience

from tests.harness.environment import TestEnvironment
from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

RECORD = "from exercises.effects import record; record.delay({entry!r})"


@dataclass(frozen=True)
class Worker:
    """A running worker of the pool `io`."""

    process: subprocess.Popen[bytes]
    log: Path

    def children(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    @property
    def succeeded(self) -> bool:
        return self.said('"outcome": "succeeded"')

    def said(self, words: str) -> bool:
        return words in self.log.read_text()


@contextmanager
def worker(environment: TestEnvironment, **variables: str) -> Iterator[Worker]:
    heartbeat = environment.folder / f"heartbeat-{uuid.uuid4().hex[:6]}"
    with environment.worker("io", CELERY_HEARTBEAT_FILE=str(heartbeat), **variables) as (process, log):
        try:
            eventually(lambda: judge("readiness", str(heartbeat))[0], "readiness")
        except AssertionError as error:
            error.add_note(log.read_text()[-3000:])
            raise
        yield Worker(process, log)


@dataclass(frozen=True)
class Entry:
    """A task that takes some seconds to add an entry to the ledger."""

    environment: TestEnvironment
    name: str

    @classmethod
    def begun(cls, environment: TestEnvironment, seconds: float) -> "Entry":
        """A task that was sent and is being run by a worker."""
        entry = cls(environment, Ledger.slow(f"entry-{uuid.uuid4().hex[:8]}", seconds))
        environment.python(RECORD.format(entry=entry.name))
        eventually(lambda: entry.asked == 1, "the request")
        return entry

    @property
    def asked(self) -> int:
        return len(self.environment.services.asked[self.name])

    @property
    def entered(self) -> int:
        return int(self.environment.services.effects[self.name])


def of_type(request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str) -> TestEnvironment:
    environment: TestEnvironment = request.getfixturevalue(broker)
    return environment.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 2}})


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo", "gevent", "asyncio"])
def test_a_stop_lets_the_running_task_finish_and_ends_right_after_it(
    request: pytest.FixtureRequest, tmp_path: Path, pool: str
) -> None:
    environment = of_type(request, tmp_path, "rabbitmq", pool)
    with worker(environment, CELERY_STOP_TIMEOUT="60") as stopped:
        entry = Entry.begun(environment, 4)
        stopped.process.terminate()
        assert stopped.process.wait(45) == 0
        assert stopped.succeeded
        assert not stopped.said("giving back")
        assert waiting(environment) == 0
    with worker(environment):
        later = Entry.begun(environment, 0)
        assert (entry.asked, entry.entered, later.entered) == (1, 1, 1)


# tests/stops combines every broker with every kind of stop; here, each pool and each way to give back is tested once.
@pytest.mark.parametrize(
    ("broker", "pool"),
    [
        ("rabbitmq", "prefork"),
        ("rabbitmq", "threads"),
        ("rabbitmq", "solo"),
        ("rabbitmq", "gevent"),
        ("rabbitmq", "asyncio"),
        ("sqs", "threads"),
        ("sqs", "asyncio"),
    ],
)
def test_a_task_longer_than_the_stop_is_given_back_and_done_elsewhere(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, pool: str
) -> None:
    environment = of_type(request, tmp_path, broker, pool)
    with worker(environment, CELERY_STOP_TIMEOUT="4") as stopped:
        entry = Entry.begun(environment, 9)
        stopped.process.terminate()
        assert stopped.process.wait(30) == 0
        assert stopped.said("giving back exercises.effects.record")
        # It must not take until the visibility timeout.
        assert stopped.said("Restoring 1 unacknowledged") == (broker == "sqs")
    with worker(environment) as other:
        eventually(lambda: entry.asked == 2, "the second attempt")
        eventually(lambda: other.succeeded, "its success")
    assert entry.entered == 1


@pytest.mark.parametrize("pool", ["prefork", "threads", "gevent", "asyncio"])
def test_tasks_that_finished_during_the_stop_are_not_given_back(
    request: pytest.FixtureRequest, tmp_path: Path, pool: str
) -> None:
    environment = of_type(request, tmp_path, "rabbitmq", pool)
    with worker(environment, CELERY_STOP_TIMEOUT="8") as stopped:
        given_back, finished = Entry.begun(environment, 15), Entry.begun(environment, 2)
        stopped.process.terminate()
        assert stopped.process.wait(30) == 0
        assert stopped.succeeded
        assert stopped.said("giving back exercises.effects.record")
        # The effect would happen only once in any case. This checks which messages are delivered again.
        eventually(lambda: waiting(environment), "what was given back")
        time.sleep(1)
        assert waiting(environment) == 1
    assert (given_back.asked, finished.entered) == (1, 1)
    with worker(environment) as other:
        eventually(lambda: given_back.asked == 2, "the second attempt")
        eventually(lambda: other.succeeded, "its success")


def test_what_threads_finished_during_a_stop_is_acknowledged_while_it_lasts(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment = of_type(request, tmp_path, "rabbitmq", "threads")
    with worker(environment, CELERY_STOP_TIMEOUT="60") as stopped:
        Entry.begun(environment, 9)
        Entry.begun(environment, 1)
        stopped.process.terminate()
        eventually(lambda: stopped.succeeded, "the end of the short one")
        time.sleep(2)
        stopped.process.kill()
        stopped.process.wait(10)
        eventually(lambda: waiting(environment), "what was not finished")
        assert waiting(environment) == 1
    with worker(environment) as other:
        eventually(lambda: other.succeeded, "the long one's end", 60)


def waiting(environment: TestEnvironment) -> int:
    """The number of messages waiting in the queue of effects."""
    queue = environment.resolved["queues"]["effects"]["name"]
    return int(
        environment.python(
            "from exercises.celery import celery\n"
            "with celery.connection_for_write() as connection:\n"
            f"    print(connection.default_channel.queue_declare({queue!r}, passive=True).message_count)"
        )
    )


@pytest.mark.parametrize(
    ("broker", "fate"),
    [
        ("rabbitmq", "the whole group gets SIGTERM"),
        ("rabbitmq", "the child is killed"),
        ("rabbitmq", "every process is killed"),
        ("sqs", "the child is killed"),
    ],
)
def test_the_task_of_a_lost_child_or_worker_runs_again(
    request: pytest.FixtureRequest, tmp_path: Path, broker: str, fate: str
) -> None:
    environment = of_type(request, tmp_path, broker, "prefork")
    with worker(environment, CELERY_STOP_TIMEOUT="60") as victim:
        entry = Entry.begun(environment, 5)
        if fate == "the whole group gets SIGTERM":
            os.killpg(victim.process.pid, signal.SIGTERM)
        elif fate == "the child is killed":
            for child in victim.children():
                os.kill(child, signal.SIGKILL)
        else:
            os.killpg(victim.process.pid, signal.SIGKILL)
        with worker(environment) as other:
            eventually(lambda: entry.asked == 2, "the second attempt")
            eventually(lambda: victim.succeeded or other.succeeded, "its success")
    assert entry.entered == 1


def test_a_second_worker_of_the_pool_starts_while_the_broker_still_knows_the_first(
    rabbitmq: TestEnvironment,
) -> None:
    with worker(rabbitmq) as first:
        first.process.send_signal(signal.SIGSTOP)
        try:
            with worker(rabbitmq) as second:
                time.sleep(1)
                assert second.process.poll() is None
                assert not second.said("ResourceLocked")
        finally:
            first.process.send_signal(signal.SIGCONT)


def test_sigquit_gives_back_immediately(rabbitmq: TestEnvironment, tmp_path: Path) -> None:
    environment = rabbitmq.variant(tmp_path, pools={"io": {"type": "threads"}})
    with worker(environment, CELERY_STOP_TIMEOUT="60") as stopped:
        entry = Entry.begun(environment, 20)
        stopped.process.send_signal(signal.SIGQUIT)
        assert stopped.process.wait(10) == 0
        assert stopped.said("giving back exercises.effects.record")
    assert entry.entered == 1


def test_running_tasks_get_all_time_except_that_for_giving_back() -> None:
    assert (patience(90), patience(10)) == (90 - RESERVE_SECONDS, 5)

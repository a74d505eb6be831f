"""What the workers are doing, asked over remote control, where the broker carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery_platform.application.loading import platform_alone
from celery_platform.brokers import broker_of
from celery_platform.errors import BrokerError
from celery_platform.settings import runtime

ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class RunningTask:
    """A task that a worker runs; `began_at` is a Unix time."""

    name: str
    id: str
    began_at: float | None


@dataclass(frozen=True)
class RunningWorker:
    """A worker that answered, with the tasks that it runs."""

    name: str
    tasks: tuple[RunningTask, ...]


def running_workers() -> list[RunningWorker]:
    """Every worker that answers in time, with its running tasks.

    Raises:
        BrokerError: the broker has no remote control.

    Example: `running_workers()[0].tasks`
    """
    broker = broker_of(runtime())
    if not broker.remote_control:
        raise BrokerError(
            expected="a broker with remote control",
            found=broker.kind,
            remedy="Leave --workers out; `app health` on a host and the workers' metrics say how they are.",
        )
    answers = platform_alone().control.inspect(timeout=ANSWER_SECONDS).active() or {}
    return [RunningWorker(name, tuple(map(_task, tasks))) for name, tasks in sorted(answers.items())]


def _task(said: Mapping[str, Any]) -> RunningTask:
    return RunningTask(str(said["name"]), str(said["id"]), said.get("time_start"))

"""Who is working: the workers that answer, and what they run."""

from dataclasses import dataclass

from celery_platform.application.running import RunningWorker, running_workers
from celery_platform.brokers import broker_of
from celery_platform.console.state.shared import Shared
from celery_platform.settings import Runtime

SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """`workers` is `None` where the broker carries no such question (SQS)."""

    workers: list[RunningWorker] | None


def shared_running(runtime: Runtime) -> Shared[Running]:
    """The workers' own answers, asked for at most every ten seconds."""

    def ask() -> Running:
        return Running(running_workers() if broker_of(runtime).remote_control else None)

    return Shared(ask, SECONDS)

"""What KEDA makes of a pool that is scaled on waiting time, and of one with a window."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.harness.cable import Cable, cable
from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port, running, wait_for_port
from tests.harness.waiting import eventually

from .reached_brokers import SLOTS, TARGET, Reached
from .scaling_story import AWAY_SECONDS, QUIET_SECONDS, Story, replicas_in, send
from .within_reach import ADDRESS

TASK_SECONDS = 10
WAIT_SECONDS = 10
# 80 / (10 + 10) * 10 / 16 = 2.5 workers; by their number, KEDA would ask for the pool's maximum.
BACKLOG = 8 * TARGET
WITHIN_THE_WINDOW = 3
WINDOW_SECONDS = 180


@contextmanager
def exporter(environment: TestEnvironment, folder: Path) -> Iterator[Cable]:
    """The environment's exporter, which KEDA reaches over a cable, as it reaches that of a cluster by its Service."""
    port, log = free_port(), folder / "exporter.log"
    words = ("exporter", "--address", "127.0.0.1", "--port", str(port), "--interval", "2")
    with running([sys.executable, "-m", "celery_platform", *words], log, environment.variables) as process:
        wait_for_port(port, process, log)
        with cable(port, ADDRESS) as wire:
            yield wire


def on_waiting_time(broker: Reached, namespace: str, folder: Path) -> Story:
    """Tasks whose runtime is known; a backlog; the exporter away; everything done."""
    story, replicas = Story(), replicas_in(namespace)
    waits = {"scale_on": "wait", "wait_target_seconds": WAIT_SECONDS, "scale_in_after_seconds": 120}
    waits |= {"backlog_per_worker": TARGET}
    environment = broker.environment.variant(folder, pools={"io": waits})
    broker.ledger.seconds = TASK_SECONDS
    with exporter(environment, folder) as wire:
        mine = replace(broker, environment=environment, trigger={"url": f"http://{ADDRESS}:{wire.port}/metrics"})
        mine.deploy(namespace, folder, least=1)
        story.comes("least", 1, replicas, 60)
        send(mine, SLOTS)
        with environment.worker("io"):
            eventually(lambda: len(broker.ledger.effects) == SLOTS, "tasks that have ended", 60)
        send(mine, BACKLOG)
        story.comes("first", 3, replicas, 120)
        wire.pull()
        story.stays("away", namespace, AWAY_SECONDS)
        wire.plug()
        broker.ledger.seconds = 0
        with environment.worker("io"):
            story.comes("done", 1, replicas, QUIET_SECONDS)
    return story


def in_a_window(broker: Reached, namespace: str, folder: Path) -> Story:
    """A pool without workers and without work, before, in and after a window."""
    story, replicas = Story(), replicas_in(namespace)
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=3)
    end = start + timedelta(seconds=WINDOW_SECONDS)
    window = {
        "start": f"{start.minute} {start.hour} * * *", "end": f"{end.minute} {end.hour} * * *",
        "min": WITHIN_THE_WINDOW, "timezone": "UTC",
    }  # fmt: skip
    broker.deploy(namespace, folder, least=0, windows={"soon": window})
    story.comes("least", 0, replicas, 60)
    # Two seconds, because KEDA's clock and this one are read at different times.
    story.stays("before", namespace, _until(start) - 2)
    story.comes("first", WITHIN_THE_WINDOW, replicas, 90)
    story.stays("within", namespace, _until(end) - 2)
    story.comes("done", 0, replicas, QUIET_SECONDS)
    return story


def _until(moment: datetime) -> float:
    return moment.timestamp() - time.time()

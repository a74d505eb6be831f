"""What KEDA makes of a pool over ten minutes: a backlog, tasks that run, an outage, a missing queue, no more work."""

import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.waiting import eventually

from .live import kubectl
from .reached_brokers import SLOTS, TARGET, Reached

BACKLOG = 3 * TARGET - 1
MORE = 2 * TARGET
# KEDA gives up after three polls of the HPA, which come every 15 s.
AWAY_SECONDS = 80
# The window of the chart, a minute for each of four steps, and some polls.
QUIET_SECONDS = 300 + 4 * 60 + 120
SEND = """
import sys
from exercises.effects import record
for number in range(int(sys.argv[1])):
    record.delay(f"{sys.argv[2]}-{number}")
"""


@dataclass
class Story:
    """Numbers of workers that were `asked` for, and the seconds until the expected one came.

    `answers` are what KEDA said for each worker at the end of a time in which nothing should change, empty if it said
    nothing. The HPA would follow a lower number only after its window. `lost` entries were never made, `repeated`
    ones more than once.
    """

    asked: dict[str, set[int]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float | None] = field(default_factory=dict)
    lost: int = 0
    repeated: int = 0

    def comes(self, what: str, number: int, replicas: Callable[[], int], within: float) -> None:
        """Note how long it takes until this number of workers is asked for, if it ever is."""
        begun = time.monotonic()
        self.seconds[what] = None
        while time.monotonic() - begun < within:
            if replicas() == number:
                self.seconds[what] = round(time.monotonic() - begun, 1)
                return
            time.sleep(1)

    def stays(self, what: str, namespace: str, seconds: float) -> None:
        """Note each number that is asked for during this time."""
        until, replicas = time.monotonic() + seconds, replicas_in(namespace)
        while time.monotonic() < until:
            self.asked.setdefault(what, set()).add(replicas())
            time.sleep(3)
        hpa = kubectl("get", "hpa", "keda-hpa-worker-io", f"--namespace={namespace}")
        said = hpa["status"].get("currentMetrics") or [{}]
        self.answers[what] = said[0].get("external", {}).get("current", {}).get("averageValue", "")


def replicas_in(namespace: str) -> Callable[[], int]:
    """The number of workers that the Deployment should have now."""

    def read() -> int:
        return int(kubectl("get", "deployment", "worker-io", f"--namespace={namespace}")["spec"]["replicas"])

    return read


def send(broker: Reached, number: int) -> None:
    broker.environment.python(SEND, str(number), uuid.uuid4().hex[:6])


def wave(broker: Reached, namespace: str, folder: Path) -> Story:
    """Tasks that run, then more that wait; the broker away; a queue missing; and everything done."""
    story, replicas = Story(), replicas_in(namespace)
    broker.deploy(namespace, folder, least=1)
    story.comes("least", 1, replicas, 60)
    broker.ledger.seconds = 60  # nobody waits for these answers
    send(broker, SLOTS)
    with broker.environment.worker("io") as (worker, _):
        eventually(lambda: len(broker.ledger.asked) == SLOTS, "a task in every slot")
        # It keeps what it has and takes no more.
        worker.send_signal(signal.SIGSTOP)
        story.comes("first", 2, replicas, 90)
        send(broker, BACKLOG - SLOTS)
        # Without those that run, two workers would be enough.
        story.comes("more", 3, replicas, 90)
        broker.cable.pull()
        story.stays("away", namespace, AWAY_SECONDS)
        broker.cable.plug()
        if broker.lose:
            broker.lose(broker.environment.resolved["queues"]["quick"]["name"])
            send(broker, MORE)
            story.stays("missing", namespace, AWAY_SECONDS)
        worker.kill()
    if broker.make:
        broker.make()
    broker.ledger.seconds = 0
    with broker.environment.worker("io"):
        story.comes("done", 1, replicas, QUIET_SECONDS)
    story.lost = BACKLOG + (MORE if broker.lose else 0) - len(broker.ledger.effects)
    story.repeated = sum(count - 1 for count in broker.ledger.effects.values())
    return story


def from_nothing(broker: Reached, namespace: str, folder: Path) -> Story:
    """A pool without workers gets one for its first message, and loses it when there is nothing to do."""
    story, replicas = Story(), replicas_in(namespace)
    broker.deploy(namespace, folder, least=0)
    story.comes("least", 0, replicas, 60)
    send(broker, 1)
    story.comes("first", 1, replicas, 90)
    with broker.environment.worker("io"):
        story.comes("done", 0, replicas, QUIET_SECONDS)
    return story

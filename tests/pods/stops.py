"""The stop matrix of pods: each way a pod ends in the middle of its tasks, and what became of them.

python -m tests.pods.stops --help
"""

import signal
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from region.podman import Podman

from ..app.harness.environment import TestEnvironment
from ..app.harness.waiting import eventually
from .gateway import Ledger
from .kubelet import RunningPod, running_pod

ORDERS = 8
BEGIN, END = "<!-- stop matrix: make stop-matrix-pods -->", "<!-- end of the stop matrix -->"
SEND = """
from app.tasks.payments import charge_customer
for order in {orders!r}:
    charge_customer.delay(order, 100, "EUR")
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the orders. `repeated` counts charges beyond one for each order, `again` attempts beyond one."""

    lost: int
    repeated: int
    again: int
    seconds: float


def term(pod: RunningPod) -> None:
    """Delete the pod."""
    pod.delete()


def kill(pod: RunningPod) -> None:
    """SIGKILL to every process, as when a node dies; the kubelet starts the container again."""
    pod.signal(signal.SIGKILL)


def out_of_memory(pod: RunningPod) -> None:
    """The kernel kills the container's first process, and so all of them, for want of memory."""
    Path(f"/proc/{pod.process}/oom_score_adj").write_text("1000")
    limit = int(pod.podman.run("inspect", "--format={{.HostConfig.Memory}}", pod.pod.container))
    pod.podman.attempt("exec", pod.pod.container, "python", "-c", f"b'x' * {2 * limit}", seconds=60)


ENDS: dict[str, Callable[[RunningPod], None]] = {"TERM": term, "KILL": kill, "OOM": out_of_memory}


def strike(
    podman: Podman, image: str, environment: TestEnvironment, gateway: Ledger, end: Callable[[RunningPod], None],
    deploy: bool = False,
) -> Outcome:  # fmt: skip
    """Send orders, end the pod while it charges them, and wait until another or the same pod has done them all."""
    orders = [f"{uuid.uuid4().hex[:8]}" for _ in range(ORDERS)]
    with ExitStack() as pods:
        first = pods.enter_context(running_pod(podman, image, environment))
        environment.python(SEND.format(orders=orders))
        eventually(lambda: any(gateway.asked[order] for order in orders), "the first charge")
        if deploy:
            pods.enter_context(running_pod(podman, image, environment, number=1))
        struck = time.monotonic()
        end(first)
        if not deploy and podman.attempt("pod", "exists", first.pod.name).returncode:
            pods.enter_context(running_pod(podman, image, environment, number=2))
        eventually(lambda: all(gateway.answered[order] for order in orders), "all charges", seconds=480)
        time.sleep(1)  # the last acknowledgement
    return Outcome(
        lost=sum(not gateway.answered[order] for order in orders),
        repeated=sum(gateway.charges[order] - 1 for order in orders),
        again=sum(len(gateway.asked[order]) - 1 for order in orders),
        seconds=max(min(gateway.answered[order]) for order in orders) - struck,
    )


def write_matrix(file: Path, outcomes: dict[tuple[str, str], Outcome]) -> None:
    """Replace the table between the two markers of a README."""
    rows = [
        "| broker | end | tasks lost | charged twice | attempts more than one | all done after |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {broker} | {end} | {one.lost} | {one.repeated} | {one.again} | {one.seconds:.0f} s |"
        for (broker, end), one in sorted(outcomes.items())
    ]
    before, _, rest = file.read_text().partition(f"{BEGIN}\n")
    _, _, after = rest.partition(END)
    file.write_text(before + "\n".join([BEGIN, *rows, END]) + after)

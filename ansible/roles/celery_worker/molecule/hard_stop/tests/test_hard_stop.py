"""Workers on hosts that end during their tasks lose none and duplicate no effect, for each way to end and each broker.

The half of the matrix for pods is tests/pods/test_stops.py. `make stop-matrix` runs both and writes both tables.
"""

import os
from collections.abc import Iterator

import pytest

from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually
from tests.stops import matrix
from tests.stops.brokers import KINDS, Broker
from tests.stops.hosts import Host, deploy
from tests.stops.strike import ENDS, strike

WORKERS = ("io-1", "io-2")
UNITS = tuple(f"celery-worker@{worker}.service" for worker in WORKERS)
# Uses up the host's memory, because in a container on cgroups v1 systemd cannot set the unit's limit.
HUGE_MIB = 2048


def apply(broker: Broker, **changes: object) -> None:
    """Deploy to the broker's host."""
    environment = broker.environment
    environment.resolved.update(changes)
    done = deploy(environment, f"molecule-stop-{broker.kind}", KINDS.index(broker.kind), celery_worker_instances=2)
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.fixture(scope="module")
def host(broker: Broker) -> Iterator[Host]:
    """The broker's host after the role was applied."""
    apply(broker)
    one = Host(f"molecule-stop-{broker.kind}")
    yield one
    one.run("systemctl", "stop", "--no-block", *UNITS)


class Ends:
    """Ways in which a worker on a host can end."""

    def __init__(self, host: Host, broker: Broker) -> None:
        self.host, self.broker = host, broker

    def term(self) -> None:
        """Stop one unit; the other continues."""
        self.host.run("systemctl", "stop", UNITS[0])

    def kill(self) -> None:
        """SIGKILL to every process of a unit; systemd starts it again."""
        self.host.run("systemctl", "kill", "--signal=KILL", UNITS[0])

    def out_of_memory(self) -> None:
        """Wait until the kernel has ended the worker whose task is too large."""
        before = self._restarts()
        eventually(lambda: self._restarts() != before, "a restart", seconds=90)

    def deploy(self) -> None:
        """Deploy another configuration, for which the role restarts the workers one after the other."""
        apply(self.broker, logs={"retention_days": 2})

    def _restarts(self) -> list[str]:
        return [self.host.show(unit, "NRestarts") for unit in UNITS]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nothing_is_done_twice(host: Host, broker: Broker, ledger: Ledger, end: str) -> None:
    host.run("systemctl", "start", *UNITS)
    host.wait_until_ready(*WORKERS)
    ends = Ends(host, broker)
    ways = {
        "TERM": ends.term, "KILL": ends.kill, "OOM": ends.out_of_memory,
        "broker restart": broker.restart, "deploy": ends.deploy,
    }  # fmt: skip

    outcome = strike(broker, ledger, ways[end], HUGE_MIB if end == "OOM" else 0)

    print(f"\n{broker.kind} {end}: {outcome}", flush=True)
    if "STOP_MATRIX" in os.environ:
        matrix.note("host", broker.kind, end, outcome)
    assert (outcome.lost, outcome.repeated) == (0, 0)
    if end in {"TERM", "deploy"}:
        # A worker has more time to stop than its tasks need.
        assert outcome.again == 0

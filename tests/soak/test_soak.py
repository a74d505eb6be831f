"""Whatever goes away meanwhile, the history of a load has no anomaly: nothing lost, no effect twice, all settled."""

import itertools
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.environment import Application
from tests.history.check import EARLY, LOST, STEP_MISSING, Anomaly, check
from tests.history.events import Event, Kind

from .load import SLOTS, Load, numbers
from .stands import BROKERS, Stand, stand

MINUTES = float(os.environ.get("MINUTES") or 1.2)
TASKS = int(os.environ.get("TASKS") or 0)
POOL = os.environ.get("POOL") or "prefork"
RATE = float(os.environ.get("RATE") or 40)
FAULT_EVERY_SECONDS = 5.0
# A broker that is back is found within this time, by back-off and reconnecting.
FOUND_AGAIN_SECONDS = 15.0

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(int(MINUTES * 60) + 4 * 3600)]


@pytest.fixture(params=BROKERS)
def soaked(request: pytest.FixtureRequest, tmp_path: Path, application: Application) -> Iterator[Stand]:
    """Each broker in turn."""
    with stand(request.param, tmp_path, application) as made:
        yield made


def test_the_history_of_a_load_has_no_anomaly(soaked: Stand, tmp_path: Path) -> None:
    load = made(soaked, tmp_path)
    begun = time.time()

    events = soak(load, soaked, MINUTES * 60)

    print(f"\n{soaked.name}, {load.pool}, {time.time() - begun:.0f} s: {numbers(events)}")
    assert explained(check(events), tmp_path) == ""
    assert load.ended == []


def test_a_worker_that_acknowledges_once_without_running_is_found(soaked: Stand, tmp_path: Path) -> None:
    load = made(soaked, tmp_path)
    load.first_worker = "defective"

    events = soak(load, soaked, 15, faults=False)

    found = check(events)
    assert found, "nothing was found"
    assert {anomaly.kind for anomaly in found} <= {LOST, STEP_MISSING}, found
    # Each process that takes messages loses one: a worker of any pool but turbo has one.
    assert len(found) <= (SLOTS if POOL == "turbo" else 1), found
    assert EARLY not in {anomaly.kind for anomaly in found}  # it names no settlement


def made(soaked: Stand, folder: Path) -> Load:
    history = folder / "history"
    history.mkdir()
    return Load(soaked.environment, POOL, history)


def soak(load: Load, soaked: Stand, seconds: float, *, faults: bool = True) -> list[Event]:
    """Send for so many seconds, or so many tasks as are asked for; returns the history."""
    with load.up():
        senders = load.senders(uuid.uuid4().hex[:8], seconds if not TASKS else 1e9, TASKS, RATE)
        try:
            # Here, not in a thread: Linux ends the servers that a thread started with it.
            turns = itertools.cycle([load.kill_a_worker, *soaked.faults.values()])
            while any(sender.poll() is None for sender in senders):
                time.sleep(FAULT_EVERY_SECONDS)
                if faults:
                    _cause(next(turns), load)
            assert [sender.wait() for sender in senders] == [0, 0], load.environment.folder / "senders.log"
            events = load.drained()
        finally:
            for sender in senders:
                sender.kill()
    return events


def _cause(fault: Callable[[], None], load: Load) -> None:
    begun = time.time()
    fault()
    if fault != load.kill_a_worker:  # which is in the history already
        load.recorder.record(Kind.FAULT, at=begun, until=time.time() + FOUND_AGAIN_SECONDS)


def explained(found: list[Anomaly], folder: Path) -> str:
    """The anomalies in words, the first ones, and where the history is."""
    if not found:
        return ""
    said = "\n".join(f"{each.kind}: {each.message}: {each.text}" for each in found[:20])
    return f"{len(found)} anomalies in {folder / 'history'}:\n{said}"

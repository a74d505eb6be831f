"""The clusters, the load, and the table with the effects of each fault."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SCENARIO = Path(__file__).parents[1]
sys.path.insert(0, str(SCENARIO / "load"))

import traffic  # noqa: E402 - in the scenario's folder, which the line above adds

OPERATIONS = SCENARIO.parents[3] / "operations" / "rabbitmq"
NEW = traffic.Cluster(tuple(f"10.97.4.1{number}" for number in (1, 2, 3)))
OLD = traffic.Cluster(("10.97.4.14",), queue_type="classic")
MEASURED = SCENARIO / "measured.json"


def podman(*words: str, check: bool = True) -> str:
    """Run podman; returns its output."""
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=False, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def playbook(file: Path, *options: str, fails: bool = False) -> str:
    """Run a playbook on the scenario's inventory and check whether it succeeds; returns its output."""
    command = ["ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(file), *options]
    done = subprocess.run(
        command, env=os.environ | {"ANSIBLE_ROLES_PATH": str(SCENARIO.parents[2])}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900,
    )  # fmt: skip
    assert (done.returncode != 0) == fails, done.stdout[-6000:]
    return done.stdout


def is_healthy() -> bool:
    """Whether all three nodes run and see each other, without an alarm or a partition."""
    for number in (1, 2, 3):
        answer = podman(
            "exec",
            f"molecule-rabbitmq-{number}",
            "rabbitmqctl",
            "-q",
            "--formatter=json",
            "cluster_status",
            check=False,
        )
        try:
            status = json.loads(answer)
        except ValueError:
            return False
        if len(status["running_nodes"]) != 3 or status["partitions"] or status["alarms"]:
            return False
    return True


def wait_until_healthy(seconds: float = 240) -> None:
    """Wait until the cluster has recovered."""
    end = time.monotonic() + seconds
    while not is_healthy():
        assert time.monotonic() < end, "the cluster did not recover"
        time.sleep(2)


@pytest.fixture(scope="session")
def ca() -> Path:
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ca_certificate.pem"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hard-day")


@pytest.fixture(scope="module")
def running_workers(folder: Path, ca: Path) -> Iterator[None]:
    with traffic.workers(NEW, folder, ca):
        yield


@pytest.fixture
def under_load(folder: Path, ca: Path, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Publish while the block runs, then check the outcome and record the numbers.

    Example: `with under_load("a node is killed"): ...`
    """

    @contextmanager
    def load(fault: str, messages: int = 2000) -> Iterator[traffic.Publishing]:
        prefix = request.node.name.removeprefix("test_")
        publishing = traffic.Publishing(NEW, folder, ca, prefix)
        begun = time.time()
        yield publishing
        wait_until_healthy()
        mended = time.time() - begun
        publishing.wait_for(max(500, messages - len(publishing.confirmed())), 600)
        judge(fault, publishing, folder, prefix, begun, mended)

    return load


def judge(fault: str, publishing: traffic.Publishing, folder: Path, prefix: str, begun: float, mended: float) -> None:
    """Check that every confirmed order had exactly one effect, and record the numbers."""
    gave_up = publishing.stop()
    missing = traffic.lost(folder, publishing.confirmed(), prefix)
    note(fault, publishing, folder, prefix, begun, mended, missing)
    assert missing == set()
    assert gave_up == 0, publishing.errors.read_text()[-2000:]


def note(
    fault: str,
    publishing: traffic.Publishing,
    folder: Path,
    prefix: str,
    begun: float,
    mended: float,
    missing: set[str],
) -> None:
    """Record a row of the table."""
    confirmed = publishing.confirmed()
    done, seen = traffic.effects(folder, prefix)
    row = {
        "fault": fault,
        "confirmed": len(confirmed),
        "lost": len(missing),
        "republished": sum(one.attempts - 1 for one in confirmed),
        "redelivered": seen - done,
        "stall s": round(traffic.longest_silence(confirmed, begun), 1),
        "slowest publish s": round(max(one.took for one in confirmed), 1),
        "recovered s": round(mended),
    }
    print("\n" + json.dumps(row), flush=True)
    rows = [old for old in json.loads(MEASURED.read_text()) if old["fault"] != fault] if MEASURED.exists() else []
    MEASURED.write_text(json.dumps([*rows, row], indent=1) + "\n")

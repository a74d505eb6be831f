"""Publishers and workers as processes, and the outcome of their orders."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_containers.children import ended_with_parent

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[5]
THREADS = 4
# Confirmed messages that are not consumed within this time after the last one count as lost.
DRAIN_SECONDS = 180


@dataclass(frozen=True)
class Confirmed:
    """A confirmed order: time of the confirm, seconds of the publish, and number of attempts."""

    id: str
    at: float
    took: float
    attempts: int


@dataclass(frozen=True)
class Cluster:
    """The target of orders: addresses of the nodes and type of the queue."""

    addresses: tuple[str, ...]
    queue_type: str = "quorum"
    vhost: str = "shop"

    def environment(self, folder: Path, ca: Path) -> dict[str, str]:
        """Variables that orders.py reads."""
        urls = ";".join(f"amqps://shop:molecule-password@{address}:5671/{self.vhost}" for address in self.addresses)
        return os.environ | {
            "SHOP_BROKER": urls, "SHOP_CA": str(ca), "SHOP_STORE": str(folder / "orders.sqlite"),
            "SHOP_QUEUE_TYPE": self.queue_type, "PYTHONPATH": f"{FOLDER}:{REPOSITORY}",
        }  # fmt: skip


@contextmanager
def workers(cluster: Cluster, folder: Path, ca: Path, name: str = "worker") -> Iterator[None]:
    """Run two workers, with a warm shutdown at the end."""
    processes = [
        subprocess.Popen(
            [*ended_with_parent(), sys.executable, "-m", "celery", "-A", "orders", "worker",
             "--pool=threads", "--concurrency=4", "--loglevel=WARNING", f"--hostname={name}{number}@hard-day"],
            cwd=FOLDER, env=cluster.environment(folder, ca),
            stdout=(folder / f"{name}{number}.log").open("a"), stderr=subprocess.STDOUT,
        )
        for number in (1, 2)
    ]  # fmt: skip
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


class Publishing:
    """Publish orders in the threads of one process."""

    def __init__(self, cluster: Cluster, folder: Path, ca: Path, prefix: str) -> None:
        self.file = folder / f"{prefix}.confirmed"
        self.errors = folder / f"{prefix}.errors"
        self.file.touch()
        self._process = subprocess.Popen(
            [*ended_with_parent(), sys.executable, str(FOLDER / "publish.py"), prefix, str(THREADS), str(self.file)],
            env=cluster.environment(folder, ca), stderr=self.errors.open("w"),
        )  # fmt: skip
        self.wait_for(200, 120)

    def confirmed(self) -> list[Confirmed]:
        """Confirmed orders so far, in chronological order."""
        rows = (line.split() for line in self.file.read_text().splitlines() if line.count(" ") == 3)
        return sorted((Confirmed(r[0], float(r[1]), float(r[2]), int(r[3])) for r in rows), key=lambda row: row.at)

    def wait_for(self, more: int, seconds: float) -> None:
        """Wait until `more` orders are confirmed, for at most `seconds`."""
        wanted, end = len(self.confirmed()) + more, time.monotonic() + seconds
        while len(self.confirmed()) < wanted and time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"the publisher ended: {self.errors.read_text()[-2000:]}")
            time.sleep(0.5)

    def stop(self) -> int:
        """Stop after the current orders; returns 0 if all orders were confirmed."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=120)


def effects(folder: Path, prefix: str) -> tuple[int, int]:
    """Number of orders with an effect, and number of deliveries."""
    with sqlite3.connect(folder / "orders.sqlite", timeout=30) as store:
        (done,) = store.execute("SELECT count(*) FROM effects WHERE id LIKE ?", (f"{prefix}-%",)).fetchone()
        (seen,) = store.execute("SELECT count(*) FROM deliveries WHERE id LIKE ?", (f"{prefix}-%",)).fetchone()
    return done, seen


def lost(folder: Path, confirmed: list[Confirmed], prefix: str) -> set[str]:
    """Confirmed orders without an effect, after workers had time to catch up."""
    end = time.monotonic() + DRAIN_SECONDS
    while True:
        with sqlite3.connect(folder / "orders.sqlite", timeout=30) as store:
            done = {row[0] for row in store.execute("SELECT id FROM effects WHERE id LIKE ?", (f"{prefix}-%",))}
        missing = {one.id for one in confirmed} - done
        if not missing or time.monotonic() > end:
            return missing
        time.sleep(1)


def longest_silence(confirmed: list[Confirmed], since: float) -> float:
    """The longest time in seconds without a confirm for any publisher."""
    times = [one.at for one in confirmed if one.at >= since - 1]
    return max((after - before for before, after in itertools.pairwise(times)), default=0.0)

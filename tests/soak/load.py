"""The load: senders, and workers that a supervisor starts again; all of them write the history."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from local_containers.children import ended_with_parent

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.history.events import FOLDER, WORKER, Event, Kind, Recorder, read

WORKERS, SLOTS = 2, 4
# For so long nothing may happen although messages are left: visibility timeouts, retries and delays follow one another.
STUCK_SECONDS = 150
STILL_SECONDS = 4


@dataclass
class Load:
    """The processes of a soak. `pool` is the type of the workers' pool, `history` the folder of the events."""

    environment: TestEnvironment
    pool: str
    history: Path
    first_worker: str = "worker"
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # Workers that ended although nobody had asked them to.
    ended: list[str] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.history)
        self._variables = self.environment.variables | {
            FOLDER: str(self.history), "CELERY_ENVIRONMENT_FILE": str(self._with_pool()), "CELERY_LOG_LEVEL": "WARNING",
        }  # fmt: skip

    def _with_pool(self) -> Path:
        resolved = self.environment.resolved
        pool = resolved["pools"]["io"] | {
            "type": self.pool, "concurrency": SLOTS, "prefetch_multiplier": 2, "queues": ["default"]
        }  # fmt: skip
        file = self.environment.folder / "soak.json"
        file.write_text(json.dumps(resolved | {"pools": {"soak": pool}}))
        return file

    @contextmanager
    def up(self) -> Iterator[None]:
        """Keep the workers running while the context is open, then ask them to end."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._supervise, args=(number, stop)) for number in range(WORKERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _supervise(self, number: int, stop: threading.Event) -> None:
        command = self.first_worker if number == 0 else "worker"
        for start in range(1_000_000):
            if stop.is_set():
                return
            name = f"w{number}-{start}"
            log = self.environment.folder / f"{name}.log"
            words = [sys.executable, "-m", "tests.soak.process", command]
            with running(words, log, self._variables | {WORKER: name}, stop_seconds=60) as process:
                self.workers[name] = process
                while process.poll() is None and not stop.is_set():
                    time.sleep(0.1)
                if not stop.is_set() and process.poll() != -signal.SIGKILL:
                    self.ended.append(f"{name} with {process.poll()}: {log}")
                del self.workers[name]
            command = "worker"

    def kill_a_worker(self) -> None:
        """Kill all processes of the worker that runs longest, as a host does that loses power."""
        running_now = list(self.workers.items())
        if not running_now:
            return
        name, process = running_now[0]
        self.recorder.record(Kind.KILLED, worker=name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        self.kills += 1

    def senders(self, token: str, seconds: float, count: int, rate: float) -> list[subprocess.Popen[bytes]]:
        """Start two processes that send the load, half of it each."""
        arguments = [str(seconds), str(count // 2), str(rate / 2)]
        log = (self.environment.folder / "senders.log").open("ab")
        return [
            subprocess.Popen(
                [*ended_with_parent(), sys.executable, "-m", "tests.soak.process", "send", f"{token}{number}",
                 *arguments],
                env=self._variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )
            for number in range(2)
        ]  # fmt: skip

    def drained(self) -> list[Event]:
        """Wait until everything sent has ended; returns the history, with what is left.

        On a busy machine a backlog takes its time. What does not end is found by nothing happening any more.
        """
        before, happened_at = -1, time.monotonic()
        while time.monotonic() - happened_at < STUCK_SECONDS:
            length = sum(file.stat().st_size for file in self.history.iterdir())
            if length != before:
                before, happened_at = length, time.monotonic()
            elif not _open(read(self.history)):
                break
            time.sleep(STILL_SECONDS)
        for message in self._dead_letters():
            self.recorder.record(Kind.DEAD_LETTERED, message)
        return read(self.history)

    def _dead_letters(self) -> list[str]:
        listed = self.environment.app("dlq", "list", "--queue", "default", "--json", "--limit", "1000000")
        assert listed.returncode == 0, listed.stdout[-3000:]
        return [str(each["id"]) for each in json.loads(listed.stdout[listed.stdout.index("[") :])]


def _open(events: Sequence[Event]) -> set[str]:
    """The messages that were published and have not come to an end."""
    sent = {event.message for event in events if event.kind is Kind.PUBLISHED}
    sent |= {step for event in events if event.kind is Kind.PUBLISHED for step in event.steps}
    final = {"done", "dead_lettered", "expired", "revoked", "ignored"}
    return sent - {event.message for event in events if event.kind is Kind.SETTLED and event.what in final}


def numbers(events: Sequence[Event]) -> str:
    """What happened, in numbers."""
    kinds = Counter(event.kind for event in events)
    settled = Counter(event.what for event in events if event.kind is Kind.SETTLED)
    effects = Counter(event.what for event in events if event.kind is Kind.EFFECT)
    again = sum(effects.values()) - len(effects)
    named = ", ".join(f"{count} {name}" for name, count in settled.most_common())
    return (
        f"{kinds[Kind.PUBLISHED]} published, {kinds[Kind.STARTED]} started, {named}; "
        f"{kinds[Kind.KILLED]} kills, {kinds[Kind.FAULT]} faults, {again} effects asked for again under their keys"
    )

"""The events of a history. Each process appends its own to a file of its own; together they are the history."""

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

# For processes of a test: the folder of the history, and the name of the worker that a process belongs to.
FOLDER, WORKER = "HISTORY_FOLDER", "HISTORY_WORKER"


class Kind(StrEnum):
    """What happened."""

    # The broker confirmed the message, at a second attempt if `what` says "again". `steps` are to follow, in order.
    PUBLISHED = "published"
    STARTED = "started"  # an attempt at its task, by `worker`
    EFFECT = "effect"  # the task did what must not be done twice; `what` is the effect's key
    ENDED = "ended"  # the attempt; `what` is the task's state
    SETTLED = "settled"  # the worker settled the delivery; `what` is the settlement
    WAITING = "waiting"  # seen at the end in its queue
    DEAD_LETTERED = "dead_lettered"  # seen at the end in the dead letter queue
    KILLED = "killed"  # `worker`, with all of its processes
    FAULT = "fault"  # of broker, store or connections, from `at` until `until`


@dataclass(frozen=True)
class Event:
    """Something that happened at a time, in seconds since the epoch, to the message with a task id."""

    kind: Kind
    message: str = ""
    at: float = 0.0
    worker: str = ""
    what: str = ""
    steps: tuple[str, ...] = ()
    until: float = 0.0


class Recorder:
    """Appends events to a file. A line is one write, so that a process that is killed leaves whole lines.

    Example: `Recorder(folder).record(Kind.STARTED, "7f3a", worker="w1")`
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = 0
        self._file = -1

    def record(
        self, kind: Kind, message: str = "", *, worker: str = "", what: str = "", steps: tuple[str, ...] = (),
        at: float | None = None, until: float = 0.0,
    ) -> None:  # fmt: skip
        """Append an event, of now where no time is given."""
        if self._process != os.getpid():  # a forked process goes on in a file of its own
            self._process = os.getpid()
            name = self._folder / f"{self._process}-{uuid.uuid4().hex}.jsonl"
            self._file = os.open(name, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        event = Event(kind, message, time.time() if at is None else at, worker, what, steps, until)
        os.write(self._file, json.dumps(asdict(event)).encode() + b"\n")


def read(folder: Path) -> list[Event]:
    """Read the events of all processes, in the order of their times."""
    lines = [line for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    events = []
    for line in lines:
        fields = json.loads(line)
        events.append(Event(**fields | {"kind": Kind(fields["kind"]), "steps": tuple(fields["steps"])}))
    return sorted(events, key=lambda event: event.at)

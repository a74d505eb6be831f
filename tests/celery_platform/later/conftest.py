"""Environments whose queues hold delays of at most one second, so that longer ones are kept in the store."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter, interpreter
from tests.harness.processes import running
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

MODULE = "tests.celery_platform.later.work"


@dataclass(frozen=True)
class Later:
    """An environment, and the notes of its tasks."""

    environment: TestEnvironment
    notes: Path
    producer: Interpreter

    def lines(self, first: str) -> list[list[str]]:
        """The notes that begin with this word, each as a list of words."""
        text = self.notes.read_text() if self.notes.exists() else ""
        return [words for line in text.splitlines() if (words := line.split())[0] == first]

    def call(self, code: str) -> str:
        """Run code in a producer that imports the tasks; return the line that begins with `answer`."""
        said = self.producer.python(f"from {MODULE} import *\n{code}").splitlines()
        return next((line.removeprefix("answer ") for line in said if line.startswith("answer ")), "")

    @contextmanager
    def process(self, code: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the environment that runs `code` of the module, at most until the end of the block."""
        log = self.environment.folder / f"later-{os.urandom(3).hex()}.log"
        with running([sys.executable, "-c", f"from {MODULE} import *\n{code}"], log, self.environment.variables) as run:
            yield run

    @contextmanager
    def at_work(self, **sender: Any) -> Iterator[None]:
        """A worker of the pool io, and a sender of due messages."""
        options = ", ".join(f"{name}={value!r}" for name, value in sender.items())
        with self.process("work('io')"), self.process(f"send({options})"):
            yield

    def kept(self) -> list[dict[str, Any]]:
        """The kept messages that `app schedule list` shows."""
        ((code, said),) = commands(self.producer, "schedule list --json")
        assert code == 0, said
        found: list[dict[str, Any]] = json.loads(said)["kept"]
        return found

    def ran(self, word: str, times: int = 1) -> list[list[str]]:
        """Wait until a task has noted this word this many times."""
        eventually(lambda: len(self.lines(word)) >= times, f"{word} x {times}")
        return self.lines(word)


@contextmanager
def make_soon(environment: TestEnvironment, folder: Path) -> Iterator[Later]:
    """The same environment, in which every delay of more than a second is long, with an empty store."""
    with Redis.from_url(environment.valkey_url) as store:
        for key in store.scan_iter(f"{environment.resolved['prefix']}:later:*"):
            store.delete(key)
    resolved = json.loads(json.dumps(environment.resolved))
    for queue in resolved["queues"].values():
        queue["time_budget"]["max_countdown"] = 1
    file, notes = folder / "resolved.json", folder / "notes"
    file.write_text(json.dumps(resolved))
    variables = environment.variables | {"CELERY_ENVIRONMENT_FILE": str(file), "LATER_NOTES": str(notes)}
    soon = replace(environment, folder=folder, resolved=resolved, variables=variables)
    with short_polls(soon) as quick, interpreter(quick, f"import {MODULE}") as producer:
        yield Later(quick, notes, producer)


@pytest.fixture(params=["rabbitmq", "sqs", "redis"])
def later(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Later]:
    """On each broker in turn."""
    with make_soon(request.getfixturevalue(request.param), tmp_path) as later:
        yield later


@pytest.fixture
def on_rabbitmq(rabbitmq: TestEnvironment, tmp_path: Path) -> Iterator[Later]:
    with make_soon(rabbitmq, tmp_path) as later:
        yield later


@pytest.fixture
def on_sqs(sqs: TestEnvironment, tmp_path: Path) -> Iterator[Later]:
    with make_soon(sqs, tmp_path) as later:
        yield later

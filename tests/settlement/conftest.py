"""A worker for each pool and broker that takes every case at once; what became of each is asked afterwards."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.fixtures import *  # noqa: F403
from tests.harness.waiting import eventually

from .cases import CASES

SEND = """
import json, sys
from celery import chain, chord, group, signature
from exercises.endings import end_early, end_late
from exercises.slow import refuse
ids = {}
for kind, task in (("late", end_late), ("early", end_early)):
    for title, how, send in json.loads(sys.argv[1]):
        sent = eval(send)
        while sent.parent is not None:
            sent = sent.parent
        sent = getattr(sent, "results", [sent])[0]
        ids[f"{kind} {title}"] = sent.id
print(json.dumps(ids))
"""
# Of each task: how often it ran, how it was settled, its result.
ASK = """
import json, sys
from celery.result import AsyncResult
from exercises.celery import celery
from exercises.endings import key
from celery_platform.reliability.valkey import valkey
found = {}
for task_id in json.loads(sys.argv[1]):
    settled = valkey().lrange(key(task_id, "settled"), 0, -1)
    found[task_id] = [valkey().llen(key(task_id, "runs")), settled, AsyncResult(task_id, app=celery).state]
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Seen:
    """What became of one message."""

    runs: int
    settlements: list[str]
    state: str
    dead_letters: list[str]


@dataclass(frozen=True)
class Cell:
    """What a worker of one pool on one broker made of every case, acknowledged late and early."""

    seen: Mapping[str, Seen]
    log: Path
    worker_ended: int | None

    def of(self, kind: str, title: str) -> Seen:
        return self.seen[f"{kind} {title}"]


def observe(environment: TestEnvironment, pool_type: str, folder: Path) -> Cell:
    """Send every case to a worker of the pool type, and ask what became of each."""
    variant = environment.variant(folder, pools={"cpu": {"type": pool_type, "concurrency": 2}})
    sent = [[case.title, case.how, case.send] for case in CASES]
    with variant.worker("cpu") as (process, log):
        ids: dict[str, str] = json.loads(variant.python(SEND, json.dumps(sent)))
        last: dict[str, Any] = {}

        def all_settled() -> bool:
            last.update(json.loads(variant.python(ASK, json.dumps(list(ids.values())))))
            return all(_is_final(settled) for _, settled, _ in last.values())

        with suppress(AssertionError):  # each test says what is missing
            eventually(all_settled, "a settlement of each", 150)
        ended = process.poll()
    dead = _dead_letters(variant)
    seen = {}
    for name, task_id in ids.items():
        runs, settlements, state = last[task_id]
        seen[name] = Seen(runs, settlements, state, dead.get(task_id, []))
    return Cell(seen, log, ended)


def _is_final(settlements: list[str]) -> bool:
    return bool(settlements) and settlements[-1] not in ("retried", "given_back")


def _dead_letters(environment: TestEnvironment) -> dict[str, list[str]]:
    listed = environment.app("dlq", "list", "--queue", "slow", "--json", "--limit", "100000")
    found: dict[str, list[str]] = {}
    for each in json.loads(listed.stdout[listed.stdout.index("[") :]):
        found.setdefault(each["id"], []).append(each["reason"])
    return found


@pytest.fixture(scope="session")
def cells() -> dict[tuple[str, str], Cell]:
    """What was observed so far, by broker and pool."""
    return {}


@pytest.fixture
def cell(
    request: pytest.FixtureRequest, cells: dict[tuple[str, str], Cell], tmp_path_factory: pytest.TempPathFactory
) -> Cell:
    """The worker of the test's broker and pool; its parameter is both."""
    broker, pool = request.param
    if request.param not in cells:
        environment = request.getfixturevalue(broker)
        cells[request.param] = observe(environment, pool, tmp_path_factory.mktemp(f"{broker}-{pool}"))
    return cells[request.param]

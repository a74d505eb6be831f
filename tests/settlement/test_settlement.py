"""Each delivery is settled once, by name, and what the name says is so: for every way to end, pool and broker."""

import os
from dataclasses import replace

import pytest
from exercises.endings import BODIES, HOOKS

from tests.harness.servers import REPOSITORY

from .cases import CASES, Case
from .conftest import Cell
from .table import rows

pytestmark = [pytest.mark.timeout(300)]
BROKERS = ("rabbitmq", "amazon_mq", "sqs", "redis")
POOLS = ("prefork", "threads", "gevent", "solo", "turbo", "asyncio")
# Four pairs, each with another kind of pool and of broker; `make test-settlement` tries each with each.
SAMPLE = (("rabbitmq", "prefork"), ("redis", "threads"), ("sqs", "turbo"), ("amazon_mq", "asyncio"))
EVERYTHING = [(broker, pool) for broker in BROKERS for pool in POOLS]
CELLS = EVERYTHING if os.environ.get("SLOW") else SAMPLE
# These pools cannot interrupt a task: it has the limits of nothing.
WITHOUT_LIMITS = {"threads": ("soft", "hard"), "solo": ("soft", "hard"), "gevent": ("soft",)}
# Its queue gives it a soft limit too. gevent keeps the hard one alone.
HARD_ALONE = "runs longer than its hard limit, which alone the call names"
# Python's own: no coroutine can raise StopIteration.
STOP_ITERATION = "raises StopIteration"


def named(value: object) -> str:
    return "-".join(value) if isinstance(value, tuple) else getattr(value, "title", str(value))


@pytest.mark.parametrize("case", CASES, ids=named)
@pytest.mark.parametrize("kind", ["late", "early"])
@pytest.mark.parametrize("cell", CELLS, ids=named, indirect=True)
def test_each_end_has_one_settlement(cell: Cell, kind: str, case: Case, request: pytest.FixtureRequest) -> None:
    pool = request.node.callspec.params["cell"][1]
    expected = expected_of(case, kind, pool)

    seen = cell.of(kind, case.title)

    assert (seen.settlements, seen.runs, seen.state) == (expected.settlements, expected.runs, expected.state)
    assert len(seen.dead_letters) == expected.dead_lettered, seen.dead_letters
    assert all(reason.startswith(expected.reason) for reason in seen.dead_letters), seen.dead_letters


@pytest.mark.parametrize("cell", CELLS, ids=named, indirect=True)
def test_no_end_of_a_task_ends_the_worker(cell: Cell) -> None:
    assert cell.worker_ended is None


def expected_of(case: Case, kind: str, pool: str) -> Case:
    """What is expected of a case in this kind of acknowledgement and pool."""
    if pool == "gevent" and case.title == HARD_ALONE:
        return replace(case, reason="TimeLimitExceeded")
    if pool == "asyncio" and case.title == STOP_ITERATION:
        return replace(case, reason="RuntimeError: coroutine raised StopIteration")
    limit = case.how.removeprefix("runs longer than its ").removesuffix(" limit")
    if limit in WITHOUT_LIMITS.get(pool, ()):
        return Case(case.how, ["done"], send=case.send)
    return replace(case, **case.early) if kind == "early" else case  # type: ignore[arg-type]


def test_every_way_of_the_application_is_a_case() -> None:
    assert {case.how for case in CASES} == {*BODIES, *HOOKS}


def test_the_readme_has_the_table() -> None:
    readme = (REPOSITORY / "app/celery_platform/settlement/README.md").read_text()

    assert "\n".join(rows()) in readme

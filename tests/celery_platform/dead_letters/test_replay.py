"""What a replay's dry run answers, and how a replay ends when its messages fail again; on each kind of broker."""

import json
import uuid
from collections.abc import Iterator

import pytest
from celery_platform.brokers.dead_lettered.message import dead_lettered_message
from celery_platform.dead_letters.dry_run import DryRun, dry_run
from celery_platform.dead_letters.watching import Watch
from celery_platform.observability.replays import Fared
from celery_platform.reliability.limit_waits import LimitWait

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter
from tests.harness.short_polls import short_polls
from tests.harness.waiting import eventually

from .dead_lettered import FILL, emptied, listed, on_each_kind

# A task that the application has no more, arguments that its task takes no more, and an effect that is done.
CHANGED = """
from celery_platform.reliability.claims import valkey_claims
@celery.task(name="exercises.quick.gone")
def gone(): ...
for task, args in ((gone, []), (note, ["{run}-no-text"])):
    dead_letters.publish(task, PermanentError("old"), Context(id="{run}-" + task.__name__ + "-old", args=args,
                         kwargs={{}}, retries=0, headers={{}}))
claims = valkey_claims()
claims.finish(claims.claim("note:{run}-1", lease_seconds=30), "null", keep_seconds=60)
claims.claim("note:{run}-2", lease_seconds=30)
"""
# Messages whose task fails at once: it expects a number.
FAILING = """
from celery.app.task import Context
from celery_platform import dead_letters
from exercises.probe import second
for number in range({count}):
    request = Context(id="{run}-%d" % number, args=[{{}}, "file"], kwargs={{}}, retries=0, headers={{}})
    try:
        second({{}}, "file")
    except KeyError as error:
        dead_letters.publish(second, error, request)
"""
COUNT = 200


@pytest.fixture
def code(environment: TestEnvironment) -> Iterator[Interpreter]:
    with emptied(environment) as code:
        yield code


@pytest.fixture
def run() -> str:
    """The start of ids."""
    return f"r{uuid.uuid4().hex[:8]}"


# In a process of its own: it registers a task that the others are not to know.
@on_each_kind
def test_a_dry_run_says_what_todays_code_refuses_and_which_effects_are_done(
    environment: TestEnvironment, code: Interpreter, run: str
) -> None:
    filled = FILL.format(run=run, count=3) + "from exercises.celery import celery\n" + CHANGED.format(run=run)
    environment.python(filled)
    (exit_code, said), (_, left) = commands(code, "dlq replay --dry-run --rate 2", "dlq list --json")

    assert exit_code == 0, said
    assert "1 would be refused: no task of this name" in said
    assert "1 would be refused: missing a required argument: 'text'" in said
    assert "the effect of 1 of the 3 looked at is done already" in said
    assert "1 would wait for another run of the same effect" in said
    assert "would replay 8: sending takes 4s at 2 a second" in said
    assert "2 of them would be dead-lettered again at once" in said
    assert len(json.loads(left)) == 8


@pytest.mark.usefixtures("inside_sqs")
def test_a_dry_run_counts_what_no_replay_sends_apart() -> None:
    task, none = {"id": "a", "task": "exercises.quick.gone"}, {"id": "b", "task": ""}
    unreadable = {"id": "c", "task": "exercises.quick.gone"}
    messages = [
        dead_lettered_message("quick", headers, body, {}, max_deliveries=5)
        for headers, body in ((task, [[], {}, {}]), (none, [[], {}, {}]), (unreadable, "{"))
    ]

    found = dry_run(messages, {}, per_second=1)

    assert (found.messages, found.refused, found.stays, found.seconds) == (1, 1, 2, 1)


@on_each_kind
def test_a_replay_stops_when_its_messages_fail_again_and_keeps_the_others(
    environment: TestEnvironment, code: Interpreter, run: str
) -> None:
    code.python(FAILING.format(run=run, count=COUNT))
    with short_polls(environment) as quick, quick.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        ((exit_code, said),) = commands(code, "dlq replay --yes --rate 20")
        eventually(lambda: len(listed(code, "--limit 300")[0]) == COUNT, "every message to be kept", seconds=60)
    found = listed(code, "--limit 300")[0]
    again = [each for each in found if each["headers"].get("x-replays")]

    assert (exit_code, "and stopped" in said) == (1, True), said
    assert {each["id"] for each in found} == {f"{run}-{number}" for number in range(COUNT)}
    assert 10 <= len(again) < COUNT
    assert {each["cause"] for each in found} == {found[0]["cause"]}


@pytest.mark.parametrize("environment", ["redis"], indirect=True)
def test_a_replay_that_is_told_to_goes_on(environment: TestEnvironment, code: Interpreter, run: str) -> None:
    code.python(FAILING.format(run=run, count=COUNT))
    with environment.worker("io") as (_, log):
        eventually(lambda: "ready" in log.read_text(), "the worker")
        ((exit_code, said),) = commands(code, "dlq replay --yes --rate 20 --keep-going")

    assert (exit_code, f"replayed {COUNT} of {COUNT}" in said) == (0, True), said


@pytest.mark.parametrize(
    ("succeeded", "failed", "stops"), [(0, 9, False), (0, 10, True), (10, 10, True), (11, 10, False), (500, 20, False)]
)
def test_ten_failures_and_half_of_what_ended_are_failures_that_come_back(
    succeeded: int, failed: int, *, stops: bool
) -> None:
    watch = Watch(fared=Fared(succeeded, failed), _asked_at=float("inf"))  # the store is not asked

    assert watch.failures_come_back() == stops


def test_a_replay_that_was_stopped_stays_so_when_what_it_had_sent_succeeds() -> None:
    watch = Watch(fared=Fared(0, 10), _asked_at=float("inf"))
    assert watch.failures_come_back()

    watch.fared = Fared(90, 10)
    assert watch.stopped


def test_the_slowest_limit_says_how_long_the_work_takes() -> None:
    from celery_platform.dead_letters.causes import Cause
    from celery_platform.dead_letters.dry_run import Checked

    groups = [Checked("email", Cause(task, "E", "", ""), 100) for task in ("a", "b", "c")]
    limits = [LimitWait("api", task, 60, 0.5, 0) for task in ("a", "b")]
    found = DryRun(groups, per_second=10, limits=limits)

    assert (found.seconds, found.seconds_with_limits) == (30, 400)

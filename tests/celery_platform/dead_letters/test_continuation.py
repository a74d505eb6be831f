"""A task that succeeded and whose next step could not be sent: a replay sends that step, and repeats no effect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.reliability.continuation import MAX_RETURNED_BYTES, kept
from celery_platform.reliability.returned_header import ONLY_WHAT_FOLLOWS

from tests.harness.environment import TestEnvironment
from tests.harness.interpreter import Interpreter, interpreter
from tests.harness.refusing_proxy import Answer, error, refusing_proxy
from tests.harness.waiting import eventually

from .dead_lettered import EMPTY, dlq, listed

SEND = """
from celery import chain
from exercises.probe import first, second
print(chain(first.s({file!r}), second.s({file!r})).apply_async().parent.id)
"""
SEND_CHORD = """
from celery import chord
from exercises.probe import due, first
chord([first.s({file!r}), first.s({file!r})])(due.si({file!r}))
"""
STATE = "from exercises.celery import celery; print(celery.AsyncResult({id!r}).state)"
AWAY = PublishError("SQS to take it", "nothing", "Send it again.")


def only_to_dead_letter_queues(body: bytes) -> Answer | None:
    return None if json.loads(body)["QueueUrl"].endswith("-dlq") else error(403, "AccessDenied")


@contextmanager
def dead_lettered(environment: TestEnvironment, code: Interpreter, send: str) -> Iterator[tuple[str, Any, Path]]:
    """What `send` printed, and the dead-lettered message of a task whose next step SQS did not take; it does now.

    The worker runs on; the last of the three is its log.
    """
    code.python(EMPTY)
    with refusing_proxy(environment.endpoint) as (endpoint, refusals):
        refusals.longest_poll = 1
        refusals.answer["SendMessage"] = only_to_dead_letter_queues
        with environment.worker("io", AWS_ENDPOINT_URL=endpoint) as (_, log):
            printed = code.python(send)
            ((found,),) = eventually(lambda: [each for each in listed(code, "") if each], f"it; {log}", 60)
            refusals.answer.clear()
            yield printed, found, log


@pytest.mark.parametrize("pool", ["prefork", "turbo", "threads"])
def test_a_replay_publishes_the_missing_step_and_does_not_run_the_task_again(
    sqs: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    environment, file = sqs.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1}}), tmp_path / "ran"
    with interpreter(environment) as code:
        with dead_lettered(environment, code, SEND.format(file=str(file))) as (task_id, found, log):
            dlq(code, "replay --yes")
            eventually(lambda: "second" in file.read_text(), f"the next step; {log.read_text()[-3000:]}", 60)
            state = eventually(lambda: code.python(STATE.format(id=task_id)) == "SUCCESS", "its result")

        assert (found["id"], found["reason"].endswith(ONLY_WHAT_FOLLOWS), state) == (task_id, True, True)
        assert file.read_text().splitlines() == ["first", "second 7"]
        assert listed(code, "") == [[]]


@pytest.mark.parametrize("pool", ["prefork", "turbo"])
def test_a_replay_publishes_the_body_of_a_chord_and_repeats_none_of_its_parts(
    sqs: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    environment, file = sqs.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1}}), tmp_path / "ran"
    with interpreter(environment) as code:
        with dead_lettered(environment, code, SEND_CHORD.format(file=str(file))) as (_, found, log):
            dlq(code, "replay --yes")
            eventually(lambda: "ran" in file.read_text(), f"the body; {log.read_text()[-3000:]}", 60)

        assert (found["task"], found["reason"].endswith(ONLY_WHAT_FOLLOWS)) == ("probe.first", True)
        assert file.read_text().splitlines() == ["first", "first", "ran"]
        assert listed(code, "") == [[]]


def test_what_the_body_returned_is_kept_when_the_broker_took_nothing() -> None:
    assert kept("a", "1", {"number": 7}, AWAY) == {"x-returned": '{"number": 7}', "x-returned-of": "a[1]"}


@pytest.mark.parametrize(
    ("returned", "after"),
    [
        ({1, 2}, AWAY),
        ("x" * MAX_RETURNED_BYTES, AWAY),
        (7, RefusedMessageError("a smaller message", "a large one", "Send less.")),
    ],
    ids=["no JSON", "too long", "the next step itself is refused"],
)
def test_what_a_replay_could_not_use_is_not_kept(returned: object, after: Exception) -> None:
    assert kept("a", "1", returned, after) == {}

"""Delayed messages are listed, cancelled and refused; unusual ones arrive or are reported."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .conftest import Later

DAY = 86_400


def refused(later: Later, code: str) -> str:
    """The error of a call, as its class and message."""
    return later.call(f"""
from celery_platform.errors import AppError
try:
    {code}
except AppError as error:
    print("answer", type(error).__name__, error)
""")


def test_a_stored_message_is_listed_and_cancelled_by_its_id(on_sqs: Later) -> None:
    on_sqs.call(f"""
noted.apply_async(("month",), countdown={30 * DAY}, task_id="a-month")
noted.apply_async(("year",), countdown={365 * DAY}, task_id="a-year")
""")
    listed = on_sqs.kept()
    asked = on_sqs.environment.app(
        "schedule", "cancel", "a-month", "nothing"
    )  # stdin is empty, so the question is not answered
    cancelled = on_sqs.environment.app("schedule", "cancel", "a-month", "--yes")
    again = on_sqs.environment.app("schedule", "cancel", "a-month", "--yes")
    left = on_sqs.kept()
    on_sqs.environment.app("schedule", "cancel", "a-year", "--yes")

    assert [(kept["id"], kept["task"], kept["queue"]) for kept in listed] == [
        ("a-month", "probe.later.note", "quick"), ("a-year", "probe.later.note", "quick"),
    ]  # fmt: skip
    due = datetime.fromisoformat(listed[0]["due"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < due <= timedelta(days=30)
    assert "@" in listed[0]["asked_by"]
    assert (asked.returncode, "never delayed for long): nothing" in asked.stdout) == (1, True)
    assert (cancelled.returncode, "cancelled 1 of 1" in cancelled.stdout) == (0, True), cancelled.stdout
    assert (again.returncode, "not kept" in again.stdout) == (1, True)
    assert [kept["id"] for kept in left] == ["a-year"]
    assert on_sqs.call("print('answer', celery.AsyncResult('a-month').state)") == "REVOKED"


@pytest.mark.parametrize("delay", ["countdown=401 * 86_400", "eta='2030-01-01T00:00:00+00:00'"])
def test_a_delay_beyond_the_maximum_is_refused(on_sqs: Later, delay: str) -> None:
    said = refused(on_sqs, f"noted.apply_async(('never',), {delay})")

    assert said.startswith("RefusedMessageError expected a delay of probe.later.note of at most 400 days")
    assert on_sqs.kept() == []


def test_an_eta_in_the_past_or_of_none_is_sent_immediately(on_sqs: Later) -> None:
    on_sqs.call("noted.apply_async(('a',), eta='2020-01-01T00:00:00'); noted.apply_async(('b',), eta=None)")

    assert on_sqs.kept() == []


def test_a_message_too_large_for_the_broker_is_refused_at_the_call(on_sqs: Later) -> None:
    said = refused(on_sqs, "noted.apply_async(('x' * 200_000,), countdown=3600)")

    assert said.startswith("RefusedMessageError expected a message of at most 180,224 bytes")
    assert on_sqs.kept() == []


def test_without_the_store_a_delayed_call_fails_with_an_explanation(on_sqs: Later) -> None:
    said = refused(
        on_sqs,
        """
    from celery_platform.reliability.valkey import valkey
    valkey().connection_pool.connection_kwargs["port"] = 1
    valkey().connection_pool.reset()
    noted.apply_async(("lost",), countdown=3600, ignore_result=True)
""",
    )

    assert said.startswith("PublishError expected the result store to keep probe.later.note, which is due in 3600 s")


def test_a_full_store_refuses_with_an_explanation_and_loses_nothing(on_sqs: Later) -> None:
    said = refused(
        on_sqs,
        """
    from celery_platform.reliability.valkey import valkey
    noted.apply_async(("before",), countdown=3600, task_id="before-it-was-full")
    valkey().config_set("maxmemory", "1mb")
    try:
        noted.apply_async(("lost",), countdown=3600)
    finally:
        valkey().config_set("maxmemory", "0")
""",
    )

    assert said.startswith("PublishError")
    assert "OutOfMemory" in said
    assert [kept["id"] for kept in on_sqs.kept()] == ["before-it-was-full"]


# Compares each kept message with the one that Celery builds for the same call without the delay.
COMPARE = """
import json
from celery_platform.later import later_store
from celery_platform.publishing.capture import Captured
own = ("eta", "sent_at", "published_at", "origin", "parent_id", "expires", "expiration", "reply_to")

def differing(kept, same):
    return [name for name in {**same, **kept} if same.get(name) != kept.get(name) and name not in own]

answers = []
for options in every:
    noted.apply_async(("word",), task_id="unusual", countdown=3600, **options)
    (kept,) = later_store().of_task("unusual")
    later_store().remove(kept.entry)
    plain = Captured(noted, options).message(("word",), {}, "unusual")
    answers.append([
        kept.message.body == plain.body, differing(kept.message.headers, plain.headers),
        differing(kept.message.properties, plain.properties), kept.message.headers["eta"] > "2026",
    ])
print("answer", json.dumps(answers))
"""
OPTIONS = (
    "{}",
    "dict(serializer='pickle')",
    "dict(compression='zlib')",
    "dict(priority=3, expires=7200, headers={'tenant': 'a', 'n': 1})",
    "dict(link=join.s('l'), link_error=join.s('e'), shadow='other', ignore_result=True)",
    "dict(soft_time_limit=5, time_limit=9, group_id='g', group_index=1, root_id='r')",
    "dict(stamped_headers=['stamp'], stamp='value')",
)


def accept_pickles(later: Later) -> None:
    """Let the environment's workers accept pickle."""
    file = Path(later.environment.variables["CELERY_ENVIRONMENT_FILE"])
    accepting = json.loads(file.read_text())
    accepting["application"]["accept_content"] = ["json", "pickle"]
    file.write_text(json.dumps(accepting))


def test_the_message_equals_the_one_without_a_delay(on_sqs: Later) -> None:
    accept_pickles(on_sqs)
    answers = json.loads(on_sqs.call(f"every = [{', '.join(OPTIONS)}]\n{COMPARE}"))

    assert dict(zip(OPTIONS, answers, strict=True)) == {each: [True, [], [], True] for each in OPTIONS}


@pytest.mark.parametrize("options", ["serializer='pickle'", "compression='zlib'"])
def test_a_message_of_bytes_arrives(on_rabbitmq: Later, options: str) -> None:
    accept_pickles(on_rabbitmq)
    # As root, Celery accepts pickle only with C_FORCE_ROOT.
    on_rabbitmq.environment.variables["C_FORCE_ROOT"] = "1"
    on_rabbitmq.call(f"noted.apply_async(('bytes',), countdown=2, {options})")
    with on_rabbitmq.at_work():
        on_rabbitmq.ran("bytes")


def test_a_message_that_expires_before_it_is_due_is_not_run(on_rabbitmq: Later) -> None:
    task_id = on_rabbitmq.call("print('answer', noted.apply_async(('expired',), countdown=4, expires=2))")
    with on_rabbitmq.at_work():
        on_rabbitmq.call("noted.apply_async(('after',), countdown=5)")
        on_rabbitmq.ran("after")

    assert on_rabbitmq.lines("expired") == []
    assert on_rabbitmq.call(f"print('answer', celery.AsyncResult({task_id!r}).state)") == "REVOKED"


def test_messages_of_a_removed_queue_are_kept_and_do_not_block_others(on_sqs: Later) -> None:
    on_sqs.call("""
from celery_platform.later import later_store
noted.apply_async(("gone",), countdown=2, task_id="gone")
(kept,) = later_store().of_task("gone")
client, messages = later_store()._client, later_store()._messages
client.hset(messages, kept.entry, client.hget(messages, kept.entry).replace('"quick"', '"closed"'))
noted.apply_async(("others",), countdown=3)
""")
    with on_sqs.at_work():
        on_sqs.ran("others")
    (left,) = on_sqs.kept()
    on_sqs.environment.app("schedule", "cancel", "gone", "--yes")

    assert left["queue"] == "closed"

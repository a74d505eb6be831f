"""Delays that no queue may hold: everything that Celery can delay arrives once, when it is due."""

import time
from pathlib import Path

import pytest

from tests.harness.waiting import eventually

from .conftest import Later


def test_every_kind_of_delay_runs_when_it_is_due_and_has_a_result_under_its_id(later: Later) -> None:
    answer = later.call("""
from datetime import UTC, datetime, timedelta
from celery import chain, chord, group
note("asked")
results = [noted.apply_async(("countdown",), countdown=4)]
soon = datetime.now(UTC) + timedelta(seconds=4)
results += [
    noted.apply_async(("eta",), eta=soon),
    celery.send_task("probe.later.note", ("by-name",), eta=soon.isoformat()),
    noted.apply_async(("expires",), countdown=4, expires=60),
    noted.apply_async(("linked",), countdown=4, link=join.s("link")),
    chain(noted.s("chained"), join.s("end").set(countdown=4)).apply_async(countdown=4),
    chord([noted.s("part").set(countdown=4), noted.s("other").set(countdown=4)], join.s("body"))(),
    again.apply_async(("retried", 4)),
]
print('answer', *[result.id for result in results])
""")
    with later.at_work():
        for word in ("countdown", "eta", "by-name", "expires", "linked+link", "chained+end", "part+other+body"):
            later.ran(word)
        later.ran("retried", 2)
    (asked,) = later.lines("asked")
    for word in ("countdown", "eta", "by-name", "expires", "linked"):
        ((*_, eta, ran),) = later.lines(word)
        assert float(ran) - float(asked[-1]) >= 4, word
        assert eta != "None", word
    first, second = later.lines("retried")
    assert float(second[-1]) - float(first[-1]) >= 4, "a retry must not run early"
    assert float(later.lines("chained+end")[0][-1]) - float(later.lines("chained")[0][-1]) >= 4
    assert later.kept() == []
    ids = answer.split()
    states = later.call(f"print('answer', *[celery.AsyncResult(each).state for each in {ids}])")
    assert states.split() == ["SUCCESS"] * len(ids)


def test_after_task_publish_is_sent_when_the_message_is_published(later: Later) -> None:
    later.call("noted.apply_async(('heard',), countdown=3)")
    assert later.lines("published") == []

    with later.at_work():
        later.ran("heard")

    assert [words[1] for words in later.lines("published")] == ["heard"]


@pytest.mark.parametrize("dies", ["before the broker has it", "before the store forgets it"])
def test_a_task_runs_once_if_a_sender_is_killed_in_between(later: Later, dies: str) -> None:
    later.call("noted.apply_async(('once',), countdown=2)")
    with later.process("work('io')"):
        with later.process(f"send(dies={dies!r}, lease=3)") as sender:
            assert sender.wait(60) == -9
        with later.process("send(lease=3)"):
            later.ran("once")
            eventually(lambda: not later.kept(), "the end of what is kept")
            time.sleep(4)  # until the second copy has arrived, which is dropped

    assert later.kept() == []
    assert len(later.lines("once")) == 1


def test_many_senders_send_each_message_once(on_rabbitmq: Later) -> None:
    words = [f"many-{number}" for number in range(40)]
    on_rabbitmq.call(f"for word in {words}: noted.apply_async((word,), countdown=3)")
    with on_rabbitmq.at_work(), on_rabbitmq.process("send()"), on_rabbitmq.process("send()"):
        for word in words:
            on_rabbitmq.ran(word)

    assert [len(on_rabbitmq.lines(word)) for word in words] == [1] * len(words)
    assert len(on_rabbitmq.lines("published")) == len(words)


def test_messages_of_publish_many_are_stored_too(on_sqs: Later) -> None:
    ids = on_sqs.call("""
from celery_platform.publishing import publish_many
print("answer", *publish_many(noted, [(("first",), {}), (("second",), {})], countdown=3600).ids)
""")

    assert {kept["id"] for kept in on_sqs.kept()} == set(ids.split())


def test_delayed_tasks_of_the_outbox_are_stored_too(on_sqs: Later, tmp_path: Path) -> None:
    on_sqs.call(f"""
from celery_platform.database import connect
from celery_platform.outbox.relay import relay_batch
from celery_platform.outbox.table import enqueue, prepare
engine = connect("sqlite:///{tmp_path}/shop.db")
prepare(engine)
with engine.begin() as connection:
    enqueue(connection, noted, ("boxed",), task_id="boxed", countdown=3600)
relay_batch(celery, engine)
""")

    assert [kept["id"] for kept in on_sqs.kept()] == ["boxed"]

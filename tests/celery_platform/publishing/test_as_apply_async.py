"""Each message of `publish_many` is the one that `apply_async` makes."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from amqp.serialization import decode_properties_basic
from celery import Celery, signals
from celery_platform.publishing import publish_many
from celery_platform.publishing.messages import Messages
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu import Queue

from .tasks import anything_app, registered

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner), max_leaves=6
)
CALLS = st.lists(
    st.tuples(st.lists(VALUES, max_size=9), st.dictionaries(st.text(max_size=5), VALUES, max_size=3)),
    min_size=3,
    max_size=6,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.integers(0, 9),
        "headers": st.just({"run_id": "7"}),
        "expires": st.just(60),
        "countdown": st.just(30),
        "argsrepr": st.just("(hidden)"),
        "kwargsrepr": st.just("{hidden}"),
        "shadow": st.just("another name"),
        "time_limit": st.just(9),
        "root_id": st.just("root"),
        "reply_to": st.just("somebody"),
        "link": st.none(),
    },
)


def read(message: tuple[Any, bytes]) -> dict[str, Any]:
    """What a consumer would see, without what is another at each sending."""
    made, properties = message
    seen: dict[str, Any] = decode_properties_basic(properties, 0)[0]
    headers = seen.pop("application_headers")
    for moment in ("expires", "eta"):  # which differs at each sending, and is there or is not
        headers[moment] = bool(headers.get(moment))
    headers.pop("published_at", None)  # by the app's listener, where another test has imported it
    seen.pop("expiration", None)
    return {
        "properties": seen,
        "headers": headers,
        "body": json.loads(made.body),
        "to": (made.exchange, made.routing_key),
    }


@settings(deadline=None)
@given(calls=CALLS, options=OPTIONS)
def test_each_message_is_as_celery_makes_it(calls: Any, options: dict[str, Any]) -> None:
    messages = Messages(anything_app(), calls, options)

    for index in range(len(calls)):
        whole = messages.whole(index) if index > 1 else messages.made(index)[0]
        assert read(messages.made(index)) == read((whole, whole.serialized_properties()))


def test_a_router_that_sees_arguments_is_asked_of_each_call() -> None:
    task = anything_app()
    task.app.conf.task_routes = [lambda _name, args, *_rest, **_options: {"queue": str(args[0] // 2)}]

    messages = Messages(task, [((each,), {}) for each in range(5)], {})

    assert [messages.made(index)[0].routing_key for index in range(5)] == ["0", "0", "1", "1", "2"]


@pytest.mark.parametrize("options", [{"serializer": "pickle"}, {"compression": "zlib"}])
def test_messages_that_are_no_text_are_sent_without_confirms_too(options: dict[str, Any]) -> None:
    name = f"binary-{next(iter(options))}"
    app: Any = Celery("publisher", broker="memory://", set_as_current=False)
    app.conf.update(task_ignore_result=True, task_queues=[Queue(name)], task_default_queue=name)

    publish_many(registered(app), [((number, "x" * 999), {}) for number in range(4)], **options)

    with app.connection() as connection:
        taken = []
        for _ in range(4):
            message = Queue(name)(connection.default_channel).get()
            assert message is not None
            message.accept = {"application/json", "application/x-python-serialize"}
            taken.append(message.decode()[0])
    assert [tuple(args) for args in taken] == [(number, "x" * 999) for number in range(4)]


@pytest.fixture
def listener() -> Iterator[Any]:
    """Somebody who puts the time of sending into every message."""

    def stamp(headers: dict[str, Any], **_: Any) -> None:
        headers["published_at"] = time.time()

    signals.before_task_publish.connect(stamp)
    yield stamp
    signals.before_task_publish.disconnect(stamp)


def test_listeners_of_celerys_signal_see_each_message(listener: Any) -> None:
    began = time.time()
    messages = Messages(anything_app(), [((number,), {}) for number in range(10)], {})

    stamps = [
        decode_properties_basic(messages.made(index)[1], 0)[0]["application_headers"]["published_at"]
        for index in range(10)
    ]
    assert began < stamps[0] < stamps[1] < stamps[2] < stamps[9]
    assert listener

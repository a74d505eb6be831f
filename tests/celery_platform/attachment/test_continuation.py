"""The replay of a task that succeeded and whose next step the broker did not take: its body does not run twice.

Celery's own tracer runs the tasks in this process. What would be published is kept in lists, so no broker is needed.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest
from celery import Celery, current_task, signals
from celery.app.trace import build_tracer
from celery_platform.attachment.application_class import PlatformApp
from celery_platform.dead_letters import publishing
from celery_platform.dead_letters.replaying import replayed_headers
from celery_platform.errors import PublishError, RefusedMessageError

from .conftest import Chosen
from .tracing import RUN

pytestmark = pytest.mark.usefixtures("chosen")

AWAY = PublishError("the broker to take it", "nothing", "Send it again.")
Message = tuple[dict[str, Any], Any]


@dataclass
class Broker:
    """What was published: dead-lettered messages, and the names, arguments and headers of tasks."""

    refuses: Exception | None = AWAY
    # The bytes of headers that fit into a dead-lettered message.
    room: int = 100_000
    dead_lettered: list[Message] = field(default_factory=list)
    sent: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()

    class Producer:
        def publish(self, body: Any, *, headers: dict[str, Any], **_options: Any) -> None:
            if len(json.dumps(headers)) > made.room:
                raise RefusedMessageError("a smaller message", "a large one", "Send less.")
            made.dead_lettered.append((headers, body))

    def send(app: Any, name: str, args: Any = None, _kwargs: Any = None, **options: Any) -> Any:
        if made.refuses is not None:
            raise made.refuses
        headers = dict(options.get("headers") or {})
        signals.before_task_publish.send(sender=name, headers=headers)
        made.sent.append((name, args, headers))
        return app.AsyncResult("next")

    # In place of the broker, which these tests do not have.
    monkeypatch.setattr("celery_platform.dead_letters.publish", publishing.publish)
    monkeypatch.setattr(PlatformApp, "producer_or_acquire", lambda _app: nullcontext(Producer()))
    monkeypatch.setattr(PlatformApp, "send_task", send)
    return made


def deliver(task: Any, args: list[Any], headers: dict[str, Any] | None = None, **embed: Any) -> Any:
    """Run a task's message as a worker's process does; returns the tracer's outcome."""
    request = {"id": "one", "task": task.name, "retries": 0, "is_eager": False, "delivery_info": {}, "args": args,
               "kwargs": {}} | (headers or {}) | {"task": task.name} | embed  # fmt: skip
    task.__trace__ = build_tracer(task.name, task, app=task.app)
    return task.__trace__(request["id"], args, {}, request)


def replay(task: Any, message: Message) -> Any:
    """Run the message again as `app dlq replay` sends it."""
    headers, (args, _, embed) = message
    return deliver(task, list(args), replayed_headers(headers), **embed)


def next_step(attached: Celery, **options: Any) -> dict[str, Any]:
    def following(number: Any = None) -> None:
        RUN.append(f"next {number}")

    return {"callbacks": [attached.task(name="next")(following).signature(**options)]}


def counting(attached: Celery, returned: Callable[[], Any]) -> Any:
    @attached.task(name="counted", ignore_result=True)
    def counted() -> Any:
        RUN.append("ran")
        return returned()

    return counted


def test_only_the_missing_step_is_published(attached: Celery, broker: Broker) -> None:
    task = counting(attached, lambda: {"number": 7})
    deliver(task, [], **next_step(attached))
    broker.refuses = None
    outcome = replay(task, broker.dead_lettered[0])

    assert (outcome.retval, outcome.info, RUN) == ({"number": 7}, None, ["ran"])
    assert [(name, list(args)) for name, args, _ in broker.sent] == [("next", [{"number": 7}])]


@pytest.mark.parametrize(
    ("accepted", "returned", "ran"),
    [
        (["json"], (1, 2), 1),
        (["json", "yaml"], (1, 2), 2),
        (["json", "msgpack"], {"orders": {7: "sent"}}, 2),
        (["json", "yaml"], {"orders": [7]}, 1),
    ],
)
def test_a_value_that_json_changes_is_not_given_to_a_step_with_another_serializer(
    attached: Celery, broker: Broker, chosen: Chosen, accepted: list[str], returned: Any, ran: int
) -> None:
    chosen.application({"accept_content": accepted})
    task = counting(attached, lambda: returned)
    deliver(task, [], **next_step(attached))
    broker.refuses = None
    replay(task, broker.dead_lettered[0])
    ((_, (value,), _),) = broker.sent

    assert len(RUN) == ran
    assert value == (returned if len(accepted) > 1 else list(returned))


def test_a_replay_that_fails_again_and_again_still_does_not_run_the_body(attached: Celery, broker: Broker) -> None:
    task = counting(attached, lambda: 7)
    deliver(task, [], **next_step(attached))
    for error in (AWAY, RefusedMessageError("a smaller message", "a large one", "Send less."), AWAY):
        broker.refuses = error
        replay(task, broker.dead_lettered[-1])
    broker.refuses = None
    replay(task, broker.dead_lettered[-1])

    assert (RUN, len(broker.dead_lettered), len(broker.sent)) == (["ran"], 4, 1)


def test_headers_that_an_application_hands_on_do_not_keep_the_next_task_from_running(
    attached: Celery, broker: Broker
) -> None:
    """Given a handler that copies the headers of the task that sends to what it sends, as for a tenant or a trace."""

    @signals.before_task_publish.connect(weak=False)
    def hand_on(headers: dict[str, Any], **_: Any) -> None:
        headers |= (current_task and current_task.request.headers) or {}

    try:
        task = counting(attached, lambda: 7)
        deliver(task, [], {"tenant": "a"}, **next_step(attached))
        broker.refuses = None
        replay(task, broker.dead_lettered[0])
    finally:
        signals.before_task_publish.disconnect(hand_on)
    ((_, args, headers),) = broker.sent

    for task_id in ("of its own", "one"):  # the second as where a task is replaced by another
        deliver(attached.tasks["next"], list(args), headers | {"id": task_id})

    assert headers["tenant"] == "a"
    assert RUN == ["ran", "next 7", "next 7"]


def test_a_task_that_calls_itself_and_then_fails_runs_again_at_its_replay(attached: Celery, broker: Broker) -> None:
    @attached.task(name="recursive", bind=True)
    def recursive(self: Any, depth: int) -> str:
        RUN.append(depth)
        if depth == 0:
            return "the inner one's"
        self(depth - 1)
        if len(RUN) == 2:
            raise RuntimeError("the outer one has not ended")
        return "the outer one's"

    deliver(recursive, [1])
    outcome = replay(recursive, broker.dead_lettered[0])

    assert (outcome.retval, RUN) == ("the outer one's", [1, 0, 1, 0])


def test_a_task_that_handles_the_error_of_its_own_call_is_not_dead_lettered(attached: Celery, broker: Broker) -> None:
    @attached.task(name="handling", bind=True)
    def handling(self: Any, depth: int) -> str:
        if depth == 0:
            raise RuntimeError("the inner one's")
        with pytest.raises(RuntimeError):
            self(depth - 1)
        return "handled"

    assert deliver(handling, [1]).retval == "handled"
    assert broker.dead_lettered == []


class Unwilling:
    """A value whose own conversion to JSON fails."""

    def __json__(self) -> Any:
        raise AttributeError("not loaded")


def deep() -> Any:
    made: list[Any] = []
    for _ in range(100_000):
        made = [made]
    return made


@pytest.mark.parametrize("returned", [Unwilling, deep], ids=["its own error", "nested too deep"])
def test_a_value_whose_json_cannot_be_made_is_dead_lettered_without_it(
    attached: Celery, broker: Broker, returned: Callable[[], Any]
) -> None:
    deliver(counting(attached, returned), [], **next_step(attached, immutable=True))

    ((headers, _),) = broker.dead_lettered
    assert "x-returned" not in headers


def test_a_message_without_room_for_all_loses_its_traceback_before_what_the_body_returned(
    attached: Celery, broker: Broker
) -> None:
    task = counting(attached, lambda: "x" * 3_000)
    broker.room = 100_000
    deliver(task, [], **next_step(attached))
    ((whole, _),) = broker.dead_lettered
    broker.room = len(json.dumps(whole)) - len(json.dumps(whole["x-dead-letter-traceback"]))
    deliver(task, [], **next_step(attached))
    broker.room -= 3_000
    deliver(task, [], **next_step(attached))
    shorter, shortest = (headers for headers, _ in broker.dead_lettered[1:])

    assert "x-dead-letter-traceback" not in shorter
    assert (shorter["x-returned"], shorter["x-dead-letter-cut"]) == (whole["x-returned"], "without its traceback")
    assert ("x-returned" in shortest, shortest["x-dead-letter-cut"]) == (False, "made anew")

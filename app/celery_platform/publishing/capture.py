"""The message that Celery and kombu make of one call, captured before it is sent."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import amqp
from celery import Task
from kombu import Producer

Call = tuple[Sequence[Any], Mapping[str, Any]]


@dataclass
class Message:
    """One message with its exchange and routing key. `properties` are AMQP's, without the headers."""

    task_id: str
    exchange: str
    routing_key: str
    properties: dict[str, Any]
    headers: dict[str, Any]
    body: bytes

    def serialized_properties(self) -> bytes:
        """The properties and headers as bytes, as a content header frame holds them."""
        whole = amqp.Message(self.body, application_headers=self.headers, **self.properties)
        serialize: Any = whole._serialize_properties  # type: ignore[attr-defined]
        return bytes(serialize())


class CapturingProducer(Producer):
    """A producer that makes no connection: it keeps each message, and the queues to declare for it."""

    caught: list[Message]
    needed: list[Any]
    # The last part of the last body, as Celery gave it: callbacks, chain and chord.
    embed: Any = None

    def publish(self, body: Any, *given: Any, **named: Any) -> Any:
        """Take a message as Celery gives it."""
        self.embed = body[2] if isinstance(body, tuple) else None
        return super().publish(body, *given, **named)

    def _publish(self, body: Any, *given: Any, **_: Any) -> None:
        priority, content_type, content_encoding, *rest = given
        headers, properties, routing_key, _mandatory, _immediate, exchange, declare, *_others = rest
        own = {"content_type": content_type, "content_encoding": content_encoding, "priority": priority}
        raw = body if isinstance(body, bytes) else body.encode(content_encoding or "utf-8")
        self.caught.append(Message(headers["id"], exchange, routing_key, own | properties, headers, raw))
        self.needed = list(declare or ())


class Caught(BaseException):  # not an error: it leaves Celery's publishing code, and nothing that catches errors there
    """The message has been made."""


class StoppingProducer(CapturingProducer):
    """Stops Celery before it says, with signals and an event, that the message was published."""

    def _publish(self, body: Any, *given: Any, **named: Any) -> None:
        super()._publish(body, *given, **named)
        raise Caught


class _NoEvents:
    """In place of Celery's dispatcher of events."""

    def publish(self, *_: Any, **__: Any) -> None:
        """Send nothing."""


class Captured:
    """Messages of `task` as Celery makes them, with `options` of `apply_async`.

    Where a task has an `apply_async` of its own, that runs to its end, and Celery's signals with it (`signals_sent`).
    """

    def __init__(self, task: Task[Any, Any], options: Mapping[str, Any]) -> None:
        self._task = task
        self._options = dict(options)
        self.signals_sent = has_own_apply_async(task)
        kind = CapturingProducer if self.signals_sent else StoppingProducer
        self._producer = kind(task.app.connection_for_write(), auto_declare=False)
        self._producer.caught = []
        self._producer.needed = []
        self._last = b""

    @property
    def embed_as_given(self) -> Any:
        """The same before it was serialized, as listeners of Celery's signals have it."""
        return self._producer.embed

    @property
    def queue(self) -> str:
        """The name of the queue of the last message, as an event has it."""
        return str(self._producer.needed[0].name) if self._producer.needed else ""

    @property
    def declare(self) -> list[Any]:
        """The queues and exchanges that should exist before the messages are sent."""
        return self._producer.needed

    @property
    def embed(self) -> Any:
        """The part of a message's body after the arguments: callbacks, chain and chord."""
        return json.loads(self._last)[2] if self._last.startswith(b"[") else None

    def message(self, args: Sequence[Any], kwargs: Mapping[str, Any], task_id: str) -> Message:
        """The message of one call, with all that Celery, its signals and this app put into it.

        Raises:
            TypeError: the task does not take these arguments, or they cannot be serialized.
        """
        options: Any = self._options | {"task_id": task_id, "retry": False}
        if self.signals_sent:
            options |= {"add_to_parent": False, "event_dispatcher": _NoEvents()}
        with suppress(Caught):
            self._task.apply_async(tuple(args), dict(kwargs), producer=self._producer, **options)
        if not self._producer.caught:
            raise TypeError(f"{self._task.name} did not publish itself: is task_always_eager set?")
        message = self._producer.caught.pop()
        self._last = message.body
        return message


def has_own_apply_async(task: Task[Any, Any]) -> bool:
    """Whether the application has written a method `apply_async` for the task."""
    return bool(task.apply_async.__func__ is not Task.apply_async)  # type: ignore[attr-defined] # of a proxy, too

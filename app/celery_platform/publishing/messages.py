"""The messages of many calls of one task, with what each looks like on the wire."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from celery import Task
from kombu import Connection
from kombu.utils.uuid import uuid

from celery_platform.publishing.capture import Call, Captured, Message, has_own_apply_async
from celery_platform.publishing.pattern import Pattern
from celery_platform.publishing.sent_signals import has_listeners, send_events, send_signals
from celery_platform.publishing.wire import PreparedProperties


class Messages:
    """The messages of `calls`, each made when it is sent. `ids` are chosen before: one sent again has the same id.

    Raises:
        TypeError: a call has arguments that the task does not take. Nothing was sent.
    """

    def __init__(self, task: Task[Any, Any], calls: Sequence[Call], options: Mapping[str, Any]) -> None:
        self.calls = calls
        self.ids = [uuid() for _ in calls]
        if task.typing:
            for args, kwargs in calls:
                task.__header__(*args, **kwargs)  # type: ignore[attr-defined]
        self._task = task
        self._captured = Captured(task, options)
        # Each message with the name of its queue, where signals or events are sent.
        self._sent: dict[int, tuple[Message, str]] | None = {} if has_listeners(task) else None
        self._by_celery = {index: self._make(index) for index in range(min(2, len(calls)))}
        self._pattern: Pattern | None = None
        if len(calls) > len(self._by_celery):
            self._learn(task, options)

    @property
    def task(self) -> str:
        """The name of the task."""
        return str(self._task.name)

    @property
    def declare(self) -> list[Any]:
        """The queues that should exist before any is sent."""
        return self._captured.declare

    def _learn(self, task: Task[Any, Any], options: Mapping[str, Any]) -> None:
        first, second = self._by_celery[0], self._by_celery[1]
        pattern = Pattern(task, first, second, self._captured.embed, options.keys())
        if pattern.usable and not _sees_arguments(task):
            self._pattern = pattern
            self._prepared = PreparedProperties(first.properties, pattern.constant)

    def _make(self, index: int) -> Message:
        args, kwargs = self.calls[index]
        message = self._captured.message(args, kwargs, self.ids[index])
        self._remember(index, message)
        return message

    def made(self, index: int) -> tuple[Message, bytes]:
        """The message of a call, and its serialized properties.

        Raises:
            Exception: the arguments cannot be serialized.
        """
        message = self._by_celery.get(index)
        if message is None and self._pattern is not None:
            args, kwargs = self.calls[index]
            message = self._pattern.message(args, kwargs, self.ids[index])
            if message is not None:
                if self._sent is not None:
                    headers = self._pattern.constant | message.headers
                    self._remember(index, replace(message, headers=headers, body=b""))
                return message, self._prepared.of(message)
            self._pattern = None  # a listener asks for more than a pattern can give: Celery makes the rest
        message = message or self._make(index)
        return message, message.serialized_properties()

    def whole(self, index: int) -> Message:
        """The message of a call with all its headers and properties, for transports that serialize it themselves.

        Raises:
            Exception: the arguments cannot be serialized.
        """
        return self._by_celery.get(index) or self._make(index)

    def _remember(self, index: int, message: Message) -> None:
        if self._sent is not None:
            self._sent[index] = message, self._captured.queue

    def send_signals_of(self, confirmed: Collection[int], connection: Connection) -> None:
        """Tell listeners and consumers of events of the messages of these calls, in their order."""
        if self._sent is None:
            return
        sent = {index: self._sent[index] for index in sorted(confirmed)}
        if not self._captured.signals_sent:
            embed = self._captured.embed_as_given
            send_signals(self._task, ((self.calls[index], message, embed) for index, (message, _) in sent.items()))
        if self._task.app.conf.task_send_sent_event:
            send_events(self._task, sent.values(), connection)


def _sees_arguments(task: Task[Any, Any]) -> bool:
    """Whether code of the application decides by the arguments: a method of the task, a router that is a function."""
    routes = task.app.conf.task_routes or ()
    each = routes if isinstance(routes, list | tuple) else (routes,)
    return has_own_apply_async(task) or any(callable(route) or isinstance(route, str) for route in each)

"""Messages whose delay is longer than their queue may hold: the result store keeps them until they are due."""

from collections.abc import Mapping, Sequence
from typing import Any

from celery import Task
from kombu.utils.uuid import uuid

from celery_platform.errors import PublishError
from celery_platform.guards.whole_second_delay import whole_seconds
from celery_platform.publishing.capture import Call
from celery_platform.routes import queue_of_call
from celery_platform.settings.chosen import is_chosen


def is_long(task: Task[Any, Any], options: Mapping[str, Any]) -> bool:
    """Whether calls with these options are kept in the result store (`celery_platform.later`).

    Example: `is_long(ship, {"countdown": 86_400})`
    """
    delay = whole_seconds(options.get("countdown"), options.get("eta"), task.app.timezone)
    if delay is None or not is_chosen():
        return False
    given = {key: value for key, value in options.items() if value is not None}
    return delay > queue_of_call(task.app, str(task.name), given).max_countdown


class Delayed:
    """Keeps each call in the result store, as `apply_async` does with a long delay. `confirmed` are the calls kept."""

    def __init__(self, task: Task[Any, Any], calls: Sequence[Call], options: Mapping[str, Any]) -> None:
        self._task = task
        self._calls = calls
        self._options: dict[str, Any] = dict(options)
        self.ids = [uuid() for _ in calls]
        self.confirmed: set[int] = set()
        self.refused: dict[int, str] = {}
        self.repeated: set[int] = set()

    def run(self) -> None:
        """Keep each call; `confirmed` and `refused` have the outcome then, by the number of the call.

        Raises:
            TypeError: a call has arguments that the task does not take. Nothing was kept.
        """
        if self._task.typing:
            for args, kwargs in self._calls:
                self._task.__header__(*args, **kwargs)  # type: ignore[attr-defined]
        for index, (args, kwargs) in enumerate(self._calls):
            try:
                self._task.apply_async(tuple(args), dict(kwargs), task_id=self.ids[index], **self._options)
            except PublishError as error:
                self.refused[index] = str(error)
            else:
                self.confirmed.add(index)

"""Deliveries whose tasks have succeeded and whose results are not stored yet: they are settled when that is known."""

from collections import deque

from celery_platform.turbo.results.deferring import DefersResults
from celery_platform.turbo.worker.without_request import WithoutRequest


class Unstored:
    """The deliveries of one process, in the order in which their tasks ended.

    Example: `connection.before_acks = Unstored(backend).store`
    """

    def __init__(self, backend: DefersResults) -> None:
        self._backend = backend
        self._waiting: deque[tuple[WithoutRequest, str, str]] = deque()

    def add(self, of: WithoutRequest, task: str, task_id: str) -> None:
        """Settle a delivery as `of` does it, when its result is stored."""
        self._waiting.append((of, task, task_id))

    def store(self) -> None:
        """Store the results that wait, and settle their deliveries.

        Raises:
            Exception: the store does not answer. The messages are not to be acknowledged; they are delivered again.
        """
        try:
            self._backend.flush()
        except BaseException:
            self.give_back()
            raise
        while self._waiting:
            of, task, task_id = self._waiting.popleft()
            of.done(task, task_id)

    def give_back(self) -> None:
        """Settle as given back what was not acknowledged on a connection that is lost."""
        while self._waiting:
            of, task, task_id = self._waiting.popleft()
            of.given_back(task, task_id)

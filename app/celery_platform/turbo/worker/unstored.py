"""Deliveries whose tasks have succeeded and whose results are not stored yet: they are settled when that is known."""

from collections import deque

from celery_platform.turbo.results.deferring import DefersResults
from celery_platform.turbo.worker.without_request import WithoutRequest


class Unstored:
    """The deliveries of one process, in the order in which their tasks ended.

    `keeps_acks` is that of its connections (`WorkerConnection`): whether the next one acknowledges what a lost one had
    pending. Such deliveries stay here, and are done when the next connection has their results stored.

    Example: `connection.before_acks = Unstored(backend, keeps_acks=connection.keeps_acks).store`
    """

    def __init__(self, backend: DefersResults, *, keeps_acks: bool) -> None:
        self._backend = backend
        self._keeps_acks = keeps_acks
        self._waiting: deque[tuple[WithoutRequest, str, str]] = deque()

    def add(self, of: WithoutRequest, task: str, task_id: str) -> None:
        """Settle a delivery as `of` does it, when its result is stored."""
        self._waiting.append((of, task, task_id))

    def store(self) -> None:
        """Store the results that wait, and settle their deliveries.

        Raises:
            Exception: the store does not answer. The messages are not to be acknowledged on this connection.
        """
        try:
            self._backend.flush()
        except BaseException:
            self.connection_lost()
            raise
        while self._waiting:
            of, task, task_id = self._waiting.popleft()
            of.done(task, task_id)

    def connection_lost(self) -> None:
        """Settle as given back what no connection will acknowledge."""
        if not self._keeps_acks:
            self.give_back()

    def give_back(self) -> None:
        """Before the process ends: settle as given back what it has not acknowledged. The broker delivers it again."""
        while self._waiting:
            of, task, task_id = self._waiting.popleft()
            of.given_back(task, task_id)

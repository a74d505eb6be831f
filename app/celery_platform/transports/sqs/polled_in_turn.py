"""Polls of a worker without an event loop (gevent): its queues take turns, so a long poll of one holds up the others.

kombu 5.7.0 gives each poll the same wait. A pool of two slots with three queues, one of which had messages, took two of
them, then waited out the polls of the two empty queues: its slots were idle for two thirds of the time.
Here a queue is polled without waiting until every one was found empty in turn. Then polls wait again, so that an idle
worker makes no more calls than before.
"""

from typing import Any


class PolledInTurn:
    """Mixed into kombu's SQS channel."""

    wait_time_seconds: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Polls without messages since the last one that had some.
        self._empty_in_a_row = 0
        super().__init__(*args, **kwargs)
        self._longest_wait = self.wait_time_seconds

    def _receive_message(self, queue: str, *args: Any, **options: Any) -> Any:
        """Ask and wait. kombu reads the channel's wait, because it takes a wait of 0 among `options` for none given."""
        queues = len(self._active_queues)  # type: ignore[attr-defined]
        all_empty = self._empty_in_a_row >= queues
        self.wait_time_seconds = self._longest_wait if queues == 1 or all_empty else 0
        options.pop("wait_time_seconds", None)
        answer = super()._receive_message(queue, *args, **options)  # type: ignore[misc]
        self._empty_in_a_row = 0 if answer.get("Messages") else self._empty_in_a_row + 1
        return answer

"""Says which coroutine blocks the event loop: nothing else does, and all tasks of the worker wait for it."""

import logging
import sys
import traceback
from threading import Event, Thread

from celery_platform.worker.asyncio_pool.event_loop import EventLoop

SAID_AFTER_SECONDS = 1.0
# The innermost calls, which are the application's or what it called.
SHOWN_CALLS = 4

logger = logging.getLogger(__name__)


class Watch:
    """A thread that looks at an event loop while it runs.

    Example: `watch = Watch(loop); watch.start(); watch.stop()`
    """

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._stopped = Event()
        self._thread = Thread(target=self._look, name="asyncio-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more: the loop is being stopped."""
        self._stopped.set()

    def _look(self) -> None:
        said = False
        while not self._stopped.wait(SAID_AFTER_SECONDS / 2):
            blocked = self._loop.blocked_seconds()
            if blocked >= SAID_AFTER_SECONDS and not said:
                logger.error(
                    "a coroutine has blocked the event loop for %.1f s, and all tasks wait for it; run what blocks "
                    "with `asyncio.to_thread`. It is here:\n%s", blocked, self._where(),
                )  # fmt: skip
            said = blocked >= SAID_AFTER_SECONDS

    def _where(self) -> str:
        frame = sys._current_frames().get(self._loop.thread.ident or 0)
        return "".join(traceback.format_stack(frame)[-SHOWN_CALLS:]) if frame is not None else "(it has ended)"

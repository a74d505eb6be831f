"""The event loop of a worker, in a thread of its own: Celery's main thread goes on reading messages."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Any

# Until leftovers of tasks (a connection pool, a forgotten `create_task`) are cancelled at the end of the worker.
LEFTOVERS_SECONDS = 5.0
# How often the loop notes that it turns.
NOTED_SECONDS = 0.25

logger = logging.getLogger(__name__)


class EventLoop:
    """An asyncio loop and its thread.

    Example: `loop = EventLoop(); loop.start(); loop.call(print, "on the loop"); loop.stop()`
    """

    def __init__(self) -> None:
        self.asyncio = asyncio.new_event_loop()
        self.thread = Thread(target=self._run, name="asyncio", daemon=True)
        # asyncio wakes its loop with a system call for each call from outside; one for all that came is enough.
        self._calls: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._woken = False
        self._turned_at = monotonic()

    def start(self) -> None:
        """Run the loop in its thread."""
        self.thread.start()

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        """Call a function on the loop, from any other thread, in the order in which `call` was called."""
        self._calls.append((function, args))
        if not self._woken:
            self._woken = True
            self.asyncio.call_soon_threadsafe(self._call_all)

    def blocked_seconds(self) -> float:
        """For how long a coroutine has not let the loop turn."""
        return max(0.0, monotonic() - self._turned_at - NOTED_SECONDS)

    def stop(self) -> None:
        """Cancel what tasks left on the loop, and end its thread."""
        if not self.thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._cancel_leftovers(), self.asyncio).add_done_callback(self._end)
        self.thread.join(2 * LEFTOVERS_SECONDS)

    def _end(self, _: Any) -> None:
        self.asyncio.call_soon_threadsafe(self.asyncio.stop)

    def _turns(self) -> None:
        self._turned_at = monotonic()
        self.asyncio.call_later(NOTED_SECONDS, self._turns)

    def _run(self) -> None:
        asyncio.set_event_loop(self.asyncio)
        self.asyncio.call_soon(self._turns)
        while True:
            try:
                self.asyncio.run_forever()
            except (SystemExit, KeyboardInterrupt):
                # Raised by something that a body started (`create_task`); the body learns it when it awaits that.
                logger.exception("what a task left on the event loop tried to end the worker")
            else:
                break
        self.asyncio.close()

    def _call_all(self) -> None:
        self._woken = False  # before the calls are read: who adds one later wakes the loop again
        while self._calls:
            function, args = self._calls.popleft()
            try:
                function(*args)
            except Exception:
                logger.exception("a call on the event loop failed")

    async def _cancel_leftovers(self) -> None:
        leftovers = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in leftovers:
            task.cancel()
        if leftovers:
            await asyncio.wait(leftovers, timeout=LEFTOVERS_SECONDS)
        await self.asyncio.shutdown_asyncgens()

"""Publish from a request with confirms and retries, within a time budget.

A broker may accept a connection and then hang (a frozen node, a partition). No timeout of the libraries covers every
step of that, and a web server has a limited number of threads. So a few separate threads publish, and a request waits
for their result no longer than the budget. When all of them are stuck, requests are refused immediately (a bulkhead)
instead of queueing behind an unavailable broker.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from amqp.exceptions import MessageNacked
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.errors import PublishError, RefusedMessageError
from kombu.exceptions import OperationalError

T = TypeVar("T")

THREADS = 8
RETRY_AFTER_SECONDS = 2


class PublishingError(Exception):
    """The task was not published, or perhaps not. `retry_after` is when to try again, in seconds; None means never."""

    status = 503

    def __init__(self, message: str, retry_after: int | None = RETRY_AFTER_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(PublishingError):
    """The broker refuses messages: its queue is full, or it is out of memory or disk space."""

    status = 429


class UnsendableError(PublishingError):
    """The app refuses to publish such a message (`celery_platform/refusals`), and would refuse it again."""

    status = 422


class UnavailableError(PublishingError):
    """The broker is unavailable, or all publishing threads are waiting for it."""


class UnconfirmedError(PublishingError):
    """The broker has not confirmed within the budget. Publish again with the same task id."""


class Publisher:
    """Runs publishing calls within `budget_seconds`.

    Example: `Publisher().run(lambda: charge_customer.apply_async(args, task_id=order))`
    """

    def __init__(self, budget_seconds: float = PUBLISH_BUDGET_SECONDS, threads: int = THREADS) -> None:
        self._budget = budget_seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="publish")
        self._free = threading.BoundedSemaphore(threads)

    def run(self, publish: Callable[[], T]) -> T:
        """Call `publish`, which the platform retries within the budget, and return its result.

        Raises:
            RefusedError, UnavailableError, UnsendableError: the task was not published.
            UnconfirmedError: it may have been published; with the same task id it is safe to try again.
        """
        if not self._free.acquire(blocking=False):
            raise UnavailableError("all publishing threads are waiting for the broker")
        future: Future[T] = self._threads.submit(publish)
        future.add_done_callback(lambda _: self._free.release())
        try:
            return future.result(self._budget)
        except FutureTimeoutError:
            raise UnconfirmedError(f"the broker has not confirmed within {self._budget:g} s") from None
        except RefusedMessageError as error:
            raise UnsendableError(str(error), retry_after=None) from error
        except PublishError as error:
            raise UnconfirmedError(str(error)) from error
        except MessageNacked as error:
            raise RefusedError("the broker refuses the message: the queue is full") from error
        except (OperationalError, OSError) as error:
            raise UnavailableError(f"the broker cannot be reached: {error}") from error

"""Publishing from a request: confirmed by the broker, tried again, and never longer than a budget.

A broker may accept a connection and then say nothing (a frozen node, a partition): no library's time-out covers every
step of that, and a web server has only so many threads. So publishing happens in threads of its own, few of them, and
a request waits for its result no longer than the budget. When all of them are stuck, requests are refused at once
(a bulkhead) instead of queueing up behind a broker that is not there.
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
    """The task was not, or perhaps not, sent. `retry_after` says in how many seconds to ask again; `None`: never."""

    status = 503

    def __init__(self, message: str, retry_after: int | None = RETRY_AFTER_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(PublishingError):
    """The broker refuses to take more: its queue is full, or it is out of memory or disk."""

    status = 429


class UnsendableError(PublishingError):
    """The app refuses to send such a message (`celery_platform/refusals`): the same request would be refused again."""

    status = 422


class UnavailableError(PublishingError):
    """The broker cannot be reached, or every publishing thread waits for it."""


class UnconfirmedError(PublishingError):
    """The budget is over and the broker has not said whether it has the task: ask again with the same task id."""


class Publisher:
    """Runs what publishes within `budget_seconds`.

    Example: `Publisher().run(lambda: charge_customer.apply_async(args, task_id=order))`
    """

    def __init__(self, budget_seconds: float = PUBLISH_BUDGET_SECONDS, threads: int = THREADS) -> None:
        self._budget = budget_seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="publish")
        self._free = threading.BoundedSemaphore(threads)

    def run(self, publish: Callable[[], T]) -> T:
        """Call `publish`, which the platform tries again within the budget, and return what it returns.

        Raises:
            RefusedError, UnavailableError, UnsendableError: the task was not sent.
            UnconfirmedError: it may have been sent; the same task id makes asking again harmless.
        """
        if not self._free.acquire(blocking=False):
            raise UnavailableError("every publishing thread waits for the broker")
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

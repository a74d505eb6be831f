"""Every way in which a task can end, by name: what its body does, and what its hooks do.

Each run and each settlement is noted in the result store under the task's id.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

from billiard.exceptions import SoftTimeLimitExceeded
from celery import Task
from celery.exceptions import Ignore, Reject
from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.reliability.signals import delivery_settled
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from exercises.celery import celery
from exercises.endings_as_coroutines import COROUTINES
from exercises.pool_types import is_asyncio

Body = Callable[[Any], Any]


class OwnBaseError(BaseException):
    """Not an Exception, as some libraries have it."""


class SilentError(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class TwoArgumentsError(Exception):
    """Cannot be unpickled from its message alone."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")


def key(task_id: str, what: str) -> str:
    """Where the runs or the settlements of a task are noted."""
    return f"{runtime().environment.prefix}:endings:{task_id}:{what}"


def note(task_id: str, what: str, value: str) -> None:
    """Note it, and remove it in an hour."""
    with valkey().pipeline() as pipe:
        pipe.rpush(key(task_id, what), value)
        pipe.expire(key(task_id, what), 3600)
        pipe.execute()


@delivery_settled.connect(weak=False)
def _settled(task_id: str = "", settlement: str = "", **_: Any) -> None:
    note(task_id, "settled", settlement)


def raising(make: Callable[[], BaseException]) -> Body:
    """A body that raises."""

    def body(_task: Any) -> NoReturn:
        raise make()

    return body


def returning(make: Callable[[], Any]) -> Body:
    """A body that returns."""
    return lambda _task: make()


def first_time(then: Body, afterwards: Any = "done") -> Body:
    """A body that does something else when it runs again."""

    def body(task: Any) -> Any:
        return then(task) if valkey().llen(key(task.request.id, "runs")) == 1 else afterwards

    return body


def recursion(_task: Any) -> Any:
    """Never returns by itself."""
    return recursion(_task)


def sleep(seconds: float) -> Body:
    """A body that takes its time; interrupted by a limit where the pool can."""

    def body(_task: Any) -> None:
        for _ in range(int(seconds * 20)):
            time.sleep(0.05)

    return body


def stubborn(task: Any) -> None:
    """Does not heed its soft limit."""
    with suppress(SoftTimeLimitExceeded):
        sleep(8)(task)
    sleep(8)(task)


BODIES: dict[str, Body] = {
    "returns nothing": returning(lambda: None),
    "returns a decimal": returning(lambda: Decimal("1.10")),
    "returns a time": returning(lambda: datetime.now(UTC)),
    "returns a set": returning(lambda: {1, 2}),
    "returns an object": returning(object),
    "returns a key that is no text": returning(lambda: {(1, 2): 3}),
    "returns text that UTF-8 cannot carry": returning(lambda: "caf\udce9"),
    "raises ValueError": raising(lambda: ValueError("no")),
    "raises an error without text": raising(SilentError),
    "raises an error that cannot be unpickled": raising(lambda: TwoArgumentsError(7, "seven")),
    "raises an error with an object in it": raising(lambda: ValueError(object(), lambda: None)),
    "raises an error with a file name that is not UTF-8": raising(lambda: OSError("caf\udce9.png")),
    "raises an error that says much": raising(lambda: ValueError("x" * 100_000)),
    "raises an error that says much beyond ASCII": raising(lambda: ValueError("\N{GRINNING FACE}" * 100_000)),
    "raises a group of errors": raising(lambda: ExceptionGroup("two", [ValueError("a"), KeyError("b")])),
    "raises StopIteration": raising(lambda: StopIteration(1)),
    "raises AssertionError": raising(AssertionError),
    "raises PermanentError": raising(lambda: PermanentError("never")),
    "raises TransientError always": raising(lambda: TransientError("not now")),
    "raises TransientError once": first_time(raising(lambda: TransientError("not now"))),
    "raises SoftTimeLimitExceeded itself": raising(SoftTimeLimitExceeded),
    "recurses without end": recursion,
    "raises MemoryError": raising(MemoryError),
    "raises SystemExit(0)": lambda _task: sys.exit(0),
    "raises SystemExit(3)": lambda _task: sys.exit(3),
    "raises KeyboardInterrupt": raising(KeyboardInterrupt),
    "raises GeneratorExit": raising(GeneratorExit),
    "raises asyncio.CancelledError": raising(asyncio.CancelledError),
    "raises a BaseException of its own": raising(lambda: OwnBaseError("mine")),
    "raises Ignore": raising(Ignore),
    "raises Reject": raising(lambda: Reject("no", requeue=False)),
    "raises Reject with requeue, once": first_time(raising(lambda: Reject("later", requeue=True))),
    "retries once": first_time(lambda task: task.retry(countdown=0)),
    "retries for ever": lambda task: task.retry(countdown=0, max_retries=1),
    "retries with an argument that cannot be sent": lambda task: task.retry(countdown=0, kwargs={"how": object()}),
    "publishes itself by replace, refused": lambda task: task.replace(
        task.s(how="returns nothing").set(queue="nowhere")
    ),
    "runs longer than its soft limit": sleep(8),
    "runs longer than its hard limit": stubborn,
}
Hook = Callable[[], None]


def _raise(error: BaseException) -> NoReturn:
    raise error


# Which hook does what; the body of these returns.
HOOKS: dict[str, tuple[str, Hook]] = {
    "before_start raises ValueError": ("before_start", lambda: _raise(ValueError("before"))),
    "before_start raises SystemExit": ("before_start", lambda: sys.exit(3)),
    "before_start raises Reject": ("before_start", lambda: _raise(Reject("before", requeue=False))),
    "on_success raises ValueError": ("on_success", lambda: _raise(ValueError("after"))),
    "on_success raises SystemExit": ("on_success", lambda: sys.exit(3)),
    "on_success raises MemoryError": ("on_success", lambda: _raise(MemoryError())),
    "on_success raises Reject": ("on_success", lambda: _raise(Reject("after", requeue=False))),
    "after_return raises ValueError": ("after_return", lambda: _raise(ValueError("after"))),
    "after_return raises SystemExit": ("after_return", lambda: sys.exit(3)),
    "on_failure raises ValueError": ("on_failure", lambda: _raise(ValueError("after"))),
}


class Ending(Task[Any, Any]):
    """Hooks of an application's own base class."""

    def _hook(self, name: str) -> None:
        hooked = HOOKS.get(str((self.request.kwargs or {}).get("how")))
        if hooked is not None and hooked[0] == name:
            hooked[1]()

    def before_start(self, *_: Any) -> None:
        self._hook("before_start")

    def on_success(self, *_: Any) -> None:
        self._hook("on_success")

    def after_return(self, *_: Any) -> None:
        self._hook("after_return")

    def on_failure(self, *_: Any) -> None:
        self._hook("on_failure")


def run(task: Any, how: str) -> Any:
    """Note the run, and end as asked."""
    note(task.request.id, "runs", str(task.request.retries))
    if how == "on_failure raises ValueError":
        raise ValueError("on purpose")
    return BODIES[how](task) if how in BODIES else "done"


async def run_as_coroutine(task: Any, how: str) -> Any:
    """As `run`, on an event loop."""
    await asyncio.sleep(0)
    if how in COROUTINES:
        note(task.request.id, "runs", str(task.request.retries))
        return await COROUTINES[how]()
    return run(task, how)


OPTIONS: dict[str, Any] = {"bind": True, "base": Ending, "ignore_result": False, "max_retries": 1}


def end(self: Any, *_previous: Any, how: str = "") -> Any:
    """End in the way named `how`."""
    return run(self, how)


async def end_as_coroutine(self: Any, *_previous: Any, how: str = "") -> Any:
    """End in the way named `how`."""
    return await run_as_coroutine(self, how)


declare: Any = celery.task  # of either kind of function
ending = end_as_coroutine if is_asyncio("cpu") else end
# Acknowledged after it ended.
end_late = declare(name="exercises.slow.end_late", **OPTIONS)(ending)
# Acknowledged before it began.
end_early = declare(name="exercises.slow.end_early", acks_late=False, **OPTIONS)(ending)


@celery.task(bind=True, name="exercises.slow.marked")
def marked(self: Any, *_: Any, **__: Any) -> None:
    """Note that the message with this header has run."""
    note("marked", "runs", str(self.request.marker))

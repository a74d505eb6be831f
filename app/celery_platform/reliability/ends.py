"""How a task can end without an exception that Celery handles: `sys.exit()`, `asyncio.CancelledError`, `MemoryError`.

Celery lets these pass through everything that settles a message. A prefork child ends, and its parent learns an exit
code in place of the reason; a pool without processes fails to unpack what it gets; `MemoryError` ends the whole worker
(`celery.worker.request.Request.on_failure`). Here they are failures of the task as any other, and the process goes on:
the service manager limits its memory, not the error.
"""

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined] # has no stub
from celery.exceptions import WorkerShutdown, WorkerTerminate

# Celery's own way to end a worker. By name: gevent ends greenlets with these, and need not be installed.
_PASSED_ON = (WorkerShutdown, WorkerTerminate)
_OF_GEVENT = frozenset({"GreenletExit", "Timeout"})


class Interrupted(BaseException):
    """A pool has cancelled the task's body, and settles the task itself."""


class TaskEndedError(Exception):
    """The task raised something else than an exception, or ran out of memory; its cause says what."""

    def __init__(self, what: str) -> None:
        super().__init__(what)


def is_passed_on(error: BaseException) -> bool:
    """Whether it ends the worker or its greenlet, and not the task alone.

    Example: `is_passed_on(SystemExit(3))` is false
    """
    # A child of a prefork pool that its parent ends: at a hard time limit, for a revoked task, with the worker.
    by_parent = isinstance(error, SystemExit) and terminate_handler_fired()
    return by_parent or is_interruption(error) or isinstance(error, _PASSED_ON)


def is_interruption(error: BaseException | None) -> bool:
    """Whether the pool has ended the body, at its hard time limit or because it was revoked, and settles the task.

    Example: `is_interruption(gevent.Timeout(5))`
    """
    kind = type(error)
    of_gevent = kind.__name__ in _OF_GEVENT and kind.__module__.startswith(("gevent", "greenlet"))
    return of_gevent or isinstance(error, Interrupted)


def as_failure(error: BaseException) -> Exception:
    """The exception to settle a task by: `error` itself where Celery handles it.

    Example: `str(as_failure(SystemExit(3))) == "SystemExit: 3"`
    """
    if isinstance(error, Exception) and not isinstance(error, MemoryError):
        return error
    failure = TaskEndedError(reason_of(error))
    failure.__cause__ = error
    return failure.with_traceback(error.__traceback__)


def reason_of(error: BaseException) -> str:
    """The type of what ended a task, and what it says if it can be asked; text that every broker and terminal takes.

    Example: `reason_of(ValueError("no such order")) == "ValueError: no such order"`
    """
    if isinstance(error, TaskEndedError):
        return str(error)
    try:
        said = str(error)
    except Exception as failed:
        said = f"its text cannot be had ({type(failed).__name__})"
    return printable(f"{type(error).__name__}: {said}")


def printable(text: str) -> str:
    r"""The text with escapes in place of what UTF-8 cannot carry: a file name that was not UTF-8, for instance.

    Example: `printable("caf\udce9.png") == r"caf\udce9.png"`
    """
    return text.encode("utf-8", "backslashreplace").decode()

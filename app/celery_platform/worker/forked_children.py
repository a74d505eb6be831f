"""Processes that a task forks have the signals of an ordinary program, not the handlers of the worker.

A child that is forked (`multiprocessing`, `os.fork`) inherits handlers. The worker's note a stop for an event loop that
the child does not have, so `Process.terminate()` did nothing, and a worker that ends waited for its children for ever.
`subprocess` needs nothing: a new program has the default handlers (execve(2)).
"""

import os
import signal
from contextlib import suppress

# Whose handlers are meant for the worker alone.
WORKERS = ("celery.", "celery_platform.")


def reset_signals_in_children() -> None:
    """Have each process that is forked from this one reset the worker's handlers; its own and the library's stay.

    A prefork pool's children reset theirs themselves, before they run a task.
    """
    os.register_at_fork(after_in_child=_reset)


def _reset() -> None:
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler) and str(handler.__module__).startswith(WORKERS):
            with suppress(ValueError, OSError):  # not the main thread, which then handles no signals either
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

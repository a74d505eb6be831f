"""Give every task of an attached application the guarantees of `guarantees.py`, whatever its base class.

The class of each task instance is replaced by one in which the platform's methods take precedence. Celery creates a
class per task, so no other task is affected. An application's base class, `__call__` and Request class keep working.
"""

from functools import lru_cache, wraps
from typing import Any

from celery import Task
from celery.app.autoretry import add_autoretry_behaviour
from celery.utils.imports import symbol_by_name
from celery.utils.time import get_exponential_backoff_interval

from celery_platform.attachment.guarantees import AFTER_THE_END, Guarantees, after_the_end
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.retry import DEFAULT
from celery_platform.routes import CELERYS_OWN
from celery_platform.settings.chosen import is_chosen
from celery_platform.settlement.request import Request


def give_guarantees(task: Any) -> Any:
    """The same task, with dead-lettering, retries of transient errors, and a Request that reports lost children.

    Example: `give_guarantees(app.tasks["orders.tasks.ship"])`
    """
    own = type(task)
    if not is_chosen() or isinstance(task, Guarantees) or not task.name:
        return task
    methods: dict[str, Any] = {
        "__module__": own.__module__,
        "__doc__": own.__doc__,
        "has_own_call": own.__call__ is not Task.__call__,
    }
    hooks = [name for name in AFTER_THE_END if getattr(own, name) is not getattr(Task, name)]
    methods |= {name: after_the_end(getattr(own, name)) for name in hooks}
    task.__class__ = type(own.__name__, (Guarantees, own), methods)
    task.Request = _combined(symbol_by_name(own.Request))
    # Celery's own (chunks, starmap, chord_unlock) run many calls, or retry by themselves.
    if not task.name.startswith(CELERYS_OWN):
        retry_transient_errors(task)
    return task


def retry_transient_errors(task: Any) -> None:
    """Retry transient errors in addition to those that the task declares, as often as the task or the platform says."""
    # A number in the task's declaration or base class is used; Celery's default is not.
    times = task.max_retries if _states(task, "max_retries") else DEFAULT.times
    if not hasattr(task, "_orig_run"):  # the task does not declare which errors it retries
        add_autoretry_behaviour(task, **DEFAULT.as_autoretry() | {"retry_kwargs": {"max_retries": times}})
        return
    if issubclass(TransientError, tuple(getattr(task, "autoretry_for", ()))):
        return
    own = task.run

    @wraps(own)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return own(*args, **kwargs)
        except TransientError as error:
            countdown = get_exponential_backoff_interval(
                DEFAULT.first_seconds, task.request.retries, DEFAULT.longest_seconds, full_jitter=True
            )
            raise task.retry(exc=error, countdown=countdown, max_retries=times) from error

    task.run = run


def _states(task: Any, option: str) -> bool:
    """Whether the task's declaration or an application's base class sets the option, even to Celery's default."""
    own = type(task).__mro__
    return any(option in vars(each) for each in own[: own.index(Task)] if each is not Guarantees)


@lru_cache
def _combined(own: type[Any]) -> type[Any]:
    """A Request class in which the platform's methods precede the application's; cached, as Celery caches by class."""
    if issubclass(Request, own):
        return Request
    return own if issubclass(own, Request) else type(own.__name__, (Request, own), {"__module__": own.__module__})

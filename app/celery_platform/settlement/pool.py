"""In a pool without processes, an error before or after Celery's tracer settles its message, too.

`celery.concurrency.base.apply_target` raises it into the thread or greenlet, where nobody learns of it: the message
stays taken, and one place fewer takes messages. A body that is no arguments (`[1, 2, 3]`) is such an error. In a
prefork pool, the parent gets it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from billiard.einfo import ExceptionInfo
from celery import bootsteps
from celery.concurrency.prefork import TaskPool as Prefork


class SettleErrors(bootsteps.Step):
    """Hands errors that no tracer saw to the request, as an `ExceptionInfo` in place of an outcome."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        if not isinstance(consumer.pool, Prefork):
            consumer.pool.on_apply = _handing_over(consumer.pool.on_apply)


def _handing_over(apply: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(apply)
    def on_apply(target: Callable[..., Any], *args: Any, **options: Any) -> Any:
        @wraps(target)
        def outcome(*given: Any, **named: Any) -> Any:
            try:
                return target(*given, **named)
            except Exception:
                return ExceptionInfo()

        return apply(outcome, *args, **options)

    return on_apply

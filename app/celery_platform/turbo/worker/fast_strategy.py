"""A task's strategy with a short way beside Celery's own."""

from collections.abc import Callable
from typing import Any


class FastStrategy:
    """Called as Celery calls a strategy it does what Celery's does; `fast` is the short way, for the consumer.

    `fast` is given a message and the callbacks for received messages. It runs the task and settles the message, or
    returns false when the message needs Celery's own strategy; nothing has happened then.
    """

    __slots__ = ("fast", "stock")

    def __init__(self, stock: Callable[..., Any], fast: Callable[[Any, Any], bool]) -> None:
        self.stock = stock
        self.fast = fast

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Handle a message as Celery does."""
        return self.stock(*args, **kwargs)

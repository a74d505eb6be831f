"""Tasks that are declared in a test and given to a pool, without a worker."""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery.app.trace import trace_task_ret
from celery_platform.worker.asyncio_pool.pool import TaskPool

Made = Callable[..., TaskPool]


def declared(app: Any, name: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Declare a task of this application alone, which the application of the next test does not get."""
    decorator: Callable[[Callable[..., Any]], Any] = app.task(name=name, shared=False, **options)
    return decorator


class Sent:
    """A task that was given to a pool, and what the pool said of it."""

    def __init__(
        self, pool: TaskPool, task: Any, number: int = 0, settle: Callable[[], object] = bool, **limits: float
    ) -> None:
        self.accepted: list[int] = []
        self.ended: list[Any] = []
        self.timed_out: list[tuple[bool, float]] = []
        self._settle = settle
        request = {"id": f"{task.name}-{number}", "delivery_info": {}, "args": [], "kwargs": {}}
        self.run = pool.apply_async(
            partial(trace_task_ret, app=pool.app), args=(task.name, request["id"], request, ([], {}, {}), None, None),
            callback=self._settled, accept_callback=lambda pid, _: self.accepted.append(pid),
            timeout_callback=lambda soft, limit: self.timed_out.append((soft, limit)), **limits,
        )  # fmt: skip

    def _settled(self, outcome: Any) -> None:
        self._settle()
        self.ended.append(outcome)

    def is_over(self) -> bool:
        return bool(self.ended or (self.timed_out and not self.timed_out[-1][0]))

"""Which queue a call goes to, and whose limits its message carries: what Celery would publish is looked at instead."""

from typing import Any

import pytest
from celery import Celery
from celery_platform import attach
from celery_platform.attachment.limits import apply_limits
from celery_platform.routes import with_own_routes
from celery_platform.settings import runtime

from .conftest import Chosen

LIMITS = ("soft_time_limit", "time_limit")


class Looked(Celery):
    """Keeps the options of the last message instead of sending it, so that no broker is needed."""

    options: dict[str, Any]

    def send_task(self, *_: Any, **options: Any) -> Any:
        """Keep the options."""
        self.options = options


@pytest.fixture
def app(chosen: Chosen) -> Celery:
    chosen.application({"routes": [{"tasks": "filed.*", "queue": chosen.labels[0]}]})
    return attach(Looked("routes", set_as_current=False))


def goes_to(app: Any, task: str, **options: Any) -> str:
    """The label of the queue of a call."""
    app.send_task(task, **options)
    queue = runtime().environment.queue_named(app.options["queue"])
    assert queue is not None
    return queue.label


def limits(app: Any) -> tuple[Any, Any]:
    """That the last message carries."""
    return tuple(app.options.get(name) for name in LIMITS)  # type: ignore[return-value]


def of_queue(chosen: Chosen, label: str) -> tuple[int, int]:
    budget = chosen.queue(label)["time_budget"]
    return budget["soft_time_limit"], budget["hard_time_limit"]


def test_the_call_then_the_application_then_the_file_then_the_default(app: Celery, chosen: Chosen) -> None:
    filed, default, own, called = chosen.labels[:4]
    app.conf.task_routes = {"own.*": {"queue": own}, "short.*": own}
    assert goes_to(app, "own.task", queue=called) == called
    assert goes_to(app, "own.task") == own
    assert goes_to(app, "short.task") == own
    assert goes_to(app, "filed.task") == filed
    assert goes_to(app, "other.task") == default


def test_a_default_queue_of_the_application_counts_after_the_files_routes(app: Celery, chosen: Chosen) -> None:
    filed, _default, own = chosen.labels[:3]
    app.conf.task_default_queue = own
    assert goes_to(app, "other.task") == own
    assert goes_to(app, "filed.task") == filed


def test_a_router_that_is_a_function_gets_the_calls_arguments(app: Celery, chosen: Chosen) -> None:
    def route(_name: str, args: Any, _kwargs: Any, _options: Any, task: Any = None, **_: Any) -> Any:
        assert task is None
        return {"queue": chosen.labels[args[0]]}

    app.conf.task_routes = (route,)
    assert goes_to(app, "any.task", args=(3,)) == chosen.labels[3]


def test_a_message_for_another_queue_carries_that_queues_limits(app: Celery, chosen: Chosen) -> None:
    other = chosen.labels[2]
    goes_to(app, "filed.task", queue=other)
    assert limits(app) == of_queue(chosen, other)


def test_a_message_for_the_tasks_own_queue_carries_none(app: Celery) -> None:
    goes_to(app, "filed.task")
    assert limits(app) == (None, None)


def test_what_a_worker_gave_a_task_is_not_taken_for_a_limit_of_the_call(app: Celery, chosen: Chosen) -> None:
    @app.task(name="filed.known")
    def known() -> None:
        """Knows nothing of limits."""

    app.finalize()
    apply_limits(app, with_own_routes(app, runtime().environment))
    assert (known.soft_time_limit, known.time_limit) == of_queue(chosen, chosen.labels[0])
    known.apply_async(queue=chosen.labels[2])
    assert limits(app) == of_queue(chosen, chosen.labels[2])
    known.delay()
    assert limits(app) == (None, None)


def test_a_limit_of_the_tasks_own_is_kept_and_warned_of(app: Celery, chosen: Chosen) -> None:
    soft, hard = of_queue(chosen, chosen.labels[0])

    @app.task(name="filed.short", time_limit=hard - 5)
    def short() -> None:
        """Shorter than its queue allows."""

    app.finalize()
    apply_limits(app, with_own_routes(app, runtime().environment))
    assert (short.soft_time_limit, short.time_limit) == (soft - 5, hard - 5)


def test_a_task_that_the_application_routes_has_that_queues_limits(app: Celery, chosen: Chosen) -> None:
    app.conf.task_routes = {"own.*": {"queue": chosen.labels[2]}}

    @app.task(name="own.task")
    def task() -> None:
        """Routed by the application."""

    app.finalize()
    apply_limits(app, with_own_routes(app, runtime().environment))
    assert (task.soft_time_limit, task.time_limit) == of_queue(chosen, chosen.labels[2])

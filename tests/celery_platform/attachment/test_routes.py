"""The queue of a call, and the limits in its message. Messages are recorded instead of published."""

from typing import Any

import pytest
from celery import Celery
from celery_platform import attach
from celery_platform.attachment.limits import apply_limits
from celery_platform.errors import RefusedMessageError
from celery_platform.routes import queue_of_call, with_own_routes
from celery_platform.settings import runtime

from .conftest import Chosen

LIMITS = ("soft_time_limit", "time_limit")


class Recording(Celery):
    """Records the options of the last message instead of sending it, so that no broker is needed."""

    options: dict[str, Any]

    def send_task(self, *_: Any, **options: Any) -> Any:
        """Keep the options."""
        self.options = options


@pytest.fixture
def app(chosen: Chosen) -> Celery:
    chosen.application({"routes": [{"tasks": "filed.*", "queue": chosen.labels[0]}]})
    return attach(Recording("routes", set_as_current=False))


def goes_to(app: Any, task: str, **options: Any) -> str:
    """The label of the queue of a call."""
    app.send_task(task, **options)
    queue = runtime().environment.queue_named(app.options["queue"])
    assert queue is not None
    return queue.label


def limits(app: Any) -> tuple[Any, Any]:
    """The limits in the last message."""
    soft, hard = (app.options.get(name) for name in LIMITS)
    return soft, hard


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


def test_a_default_queue_of_the_application_applies_after_the_files_routes(app: Celery, chosen: Chosen) -> None:
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


def test_a_message_for_the_tasks_own_queue_carries_no_limits(app: Celery) -> None:
    goes_to(app, "filed.task")
    assert limits(app) == (None, None)


def test_limits_that_a_worker_set_on_a_task_are_not_limits_of_the_call(app: Celery, chosen: Chosen) -> None:
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


def test_a_tasks_own_limit_is_kept_and_gets_a_soft_limit(app: Celery, chosen: Chosen) -> None:
    soft, hard = of_queue(chosen, chosen.labels[0])

    @app.task(name="filed.short", time_limit=hard - 5)
    def short() -> None:
        """A task with a shorter limit than its queue's."""

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


@pytest.mark.parametrize("usual", ["pattern", "own route", "declaration"])
def test_a_retry_goes_to_the_queue_that_its_message_came_from(chosen: Chosen, app: Any, usual: str) -> None:
    own, other, *_ = chosen.labels
    if usual == "own route":
        app.conf.task_routes = {"filed.*": {"queue": own}}
    declared = {"queue": own} if usual == "declaration" else {}

    # The options that Celery's `retry` passes on from a message that was sent to another queue.
    came_from = {"exchange": "celery-local-tasks", "routing_key": other, "priority": 0, "redelivered": False}
    assert goes_to(app, "filed.a", **declared, **came_from, retries=1) == other
    assert not {"routing_key", "exchange", "redelivered"} & app.options.keys()


def test_a_queue_and_a_routing_key_of_a_call_lead_to_the_queue(chosen: Chosen, app: Any) -> None:
    own, other, *_ = chosen.labels

    assert goes_to(app, "filed.a", queue=own, routing_key=other) == own


def test_the_reported_queue_of_a_task_includes_the_applications_routes(chosen: Chosen, app: Any) -> None:
    app.conf.task_routes = {"feed.*": {"queue": chosen.labels[1]}}

    assert queue_of_call(app, "feed.read", {}).label == chosen.labels[1]


def test_the_delay_bits_in_a_routing_key_are_not_part_of_the_queue(chosen: Chosen, app: Any) -> None:
    assert goes_to(app, "filed.a", routing_key=f"0.0.1.{chosen.labels[1]}") == chosen.labels[1]


def test_a_routing_key_that_leads_nowhere_is_refused(app: Any) -> None:
    with pytest.raises(RefusedMessageError, match=r"queue 'feed\.import'"):
        app.send_task("filed.a", routing_key="feed.import")


def test_the_routing_key_of_an_own_route_does_not_change_the_queue(chosen: Chosen, app: Any) -> None:
    app.conf.task_routes = {"feed.*": {"queue": chosen.labels[1], "routing_key": "feed.import"}}

    assert goes_to(app, "feed.read") == chosen.labels[1]
    assert "routing_key" not in app.options


def test_options_of_an_own_route_are_refused_like_those_of_the_call(chosen: Chosen, app: Any) -> None:
    app.conf.task_routes = {"feed.*": {"queue": chosen.labels[1], "priority": 9}}

    with pytest.raises(RefusedMessageError, match="priority"):
        app.send_task("feed.read")


def test_a_router_is_called_once_per_call(chosen: Chosen, app: Any) -> None:
    asked: list[str] = []
    app.conf.task_routes = (lambda name, *_, **__: asked.append(name),)

    app.send_task("filed.a")
    asked.clear()  # for the first call, also where the task usually goes

    app.send_task("filed.a")

    assert asked == ["filed.a"]
    assert chosen.labels


@pytest.mark.parametrize("serializer", ["pickle", "yaml"])
def test_a_serializer_that_no_worker_accepts_is_refused(app: Any, serializer: str) -> None:
    with pytest.raises(RefusedMessageError, match=serializer):
        app.send_task("filed.a", serializer=serializer)

"""Attaching replaces the classes of an application and of its tasks, and everything that they define keeps working.

Celery's own tracer runs the tasks in this process, as in a worker's child. No message is sent, so no broker is needed.
"""

from typing import Any

import pytest
from celery import Celery, Task
from celery.exceptions import Retry
from celery_platform import attach
from celery_platform.attachment.guarantees import Guarantees

from .conftest import Chosen
from .tracing import RUN, has_guarantees, quiet, shared_before, trace

pytestmark = pytest.mark.usefixtures("chosen")


def test_a_shared_task_that_was_declared_earlier_gets_the_guarantees(attached: Celery) -> None:
    attached.finalize()
    assert has_guarantees(attached.tasks[shared_before.name])
    assert trace(attached.tasks[shared_before.name], 1) == 2


def test_a_task_declared_before_attaching_and_evaluated_after_it_gets_them(app: Celery) -> None:
    @app.task(name="early")
    def early() -> str:
        return "ran"

    attach(app)
    assert app.conf.task_acks_late
    app.finalize()
    assert has_guarantees(app.tasks["early"])


def test_a_task_evaluated_before_attaching_gets_them(app: Celery) -> None:
    app.task(name="early")(quiet)
    app.finalize()
    attach(app)
    assert app.conf.task_acks_late
    assert has_guarantees(app.tasks["early"])


def test_a_task_that_is_registered_late_gets_them(attached: Celery) -> None:
    attached.finalize()
    assert attached.conf.task_acks_late
    assert has_guarantees(attached.task(name="late")(quiet))


def test_attaching_twice_has_no_further_effect(attached: Celery) -> None:
    own = type(attached)
    assert attach(attached) is attached
    assert type(attached) is own


def test_attaching_after_the_settings_were_read_sets_the_platforms(app: Celery, chosen: Chosen) -> None:
    assert app.conf.task_acks_late is False
    assert "celery" in app.amqp.queues
    stale = app.amqp
    attach(app)
    assert app.conf.task_acks_late is True
    assert app.amqp is not stale
    assert set(app.amqp.queues) == {chosen.queue(label)["name"] for label in chosen.labels}


def test_queues_are_known_by_label(attached: Celery, chosen: Chosen) -> None:
    assert attached.conf.task_acks_late
    assert attached.amqp.queues[chosen.labels[0]].name == chosen.queue(chosen.labels[0])["name"]


def test_a_bound_task_is_itself(attached: Celery) -> None:
    @attached.task(bind=True, name="bound")
    def bound(self: Any, number: int) -> Any:
        return [isinstance(self, Guarantees), self.name, self.request.id, number]

    assert trace(bound, 5) == [True, "bound", "one", 5]


def test_typing_may_be_off(attached: Celery) -> None:
    @attached.task(name="untyped", typing=False)
    def untyped(number: int) -> int:
        return number

    assert untyped.typing is False
    assert trace(untyped, 5) == 5


def test_pydantic_arguments_are_validated(attached: Celery) -> None:
    from pydantic import BaseModel

    class Order(BaseModel):
        number: int

    def take(order: Order) -> Order:
        return Order(number=order.number + 1)

    take.__annotations__ = {"order": Order, "return": Order}
    task = attached.task(name="pydantic", pydantic=True)(take)
    assert trace(task, {"number": "4"}) == {"number": 5}


def test_a_base_class_of_the_application_keeps_state_methods_and_attributes(attached: Celery) -> None:
    class Base(Task[Any, Any]):
        abstract = True
        max_retries = 7
        default_retry_delay = 11

        def __init__(self) -> None:
            self.made = ["state"]

        def before_start(self, *_: Any) -> None:
            RUN.append("before_start")

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            RUN.append("call")
            return super().__call__(*args, **kwargs)

        def on_success(self, *_: Any) -> None:
            RUN.append("on_success")

        def after_return(self, *_: Any) -> None:
            RUN.append("after_return")

    task = attached.task(base=Base, name="based")(quiet)
    assert (task.max_retries, task.default_retry_delay, task.made) == (7, 11, ["state"])
    assert trace(task) == "ran"
    assert RUN == ["before_start", "call", "on_success", "after_return"]


def test_a_failed_task_calls_the_methods_that_the_application_overrides_and_is_dead_lettered(attached: Celery) -> None:
    class Base(Task[Any, Any]):
        def on_failure(self, exc: Exception, *_: Any) -> None:
            RUN.append(("on_failure", str(exc)))

    @attached.task(base=Base, name="failing")
    def failing() -> None:
        raise KeyError("gone")

    trace(failing, propagate=False)
    assert [kind for kind, _ in RUN] == ["dead-lettered", "on_failure"]


def test_retry_and_on_retry_may_be_overridden(attached: Celery) -> None:
    class Base(Task[Any, Any]):
        def retry(self, *_: Any, **__: Any) -> Any:
            RUN.append("retry")
            raise Retry("later")

        def on_retry(self, *_: Any) -> None:
            RUN.append("on_retry")

    @attached.task(base=Base, bind=True, name="retried")
    def retried(self: Any) -> None:
        self.retry()

    with pytest.raises(Retry):
        trace(retried)
    assert "retry" in RUN


def test_apply_async_may_be_overridden(attached: Celery) -> None:
    class Base(Task[Any, Any]):
        def apply_async(self, *_: Any, **__: Any) -> Any:
            return "intercepted"

    answer: object = attached.task(base=Base, name="intercepted")(quiet).delay()
    assert answer == "intercepted"

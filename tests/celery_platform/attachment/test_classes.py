"""An application's own classes of tasks, requests and Celery itself keep working when it is attached."""

import pickle
from typing import Any

import pytest
from celery import Celery, Task
from celery_platform import attach
from celery_platform.attachment.guarantees import Guarantees
from celery_platform.settlement.request import Request as PlatformRequest

from .conftest import Chosen
from .tracing import RUN, has_guarantees, quiet, shared_before, trace

pytestmark = pytest.mark.usefixtures("chosen")


def test_a_task_that_is_a_class_is_registered_once_with_guarantees(attached: Celery) -> None:
    class Multiply(Task[Any, Any]):
        name = "multiply"

        def __init__(self, factor: int) -> None:
            self.factor = factor

        def run(self, number: int) -> int:
            return number * self.factor

    task = attached.register_task(Multiply(3))
    assert has_guarantees(task)
    assert trace(task, 5) == 15
    assert task(5) == 15


def test_a_strategy_of_the_application_is_kept(attached: Celery) -> None:
    class Base(Task[Any, Any]):
        Strategy = "theirs:strategy"

    assert attached.task(base=Base, name="strategic")(quiet).Strategy == "theirs:strategy"


def test_a_request_class_of_the_application_comes_after_the_platforms(attached: Celery) -> None:
    from celery.worker.request import Request

    class Own(Request):
        def on_accepted(self, *_: Any) -> None:
            """Theirs."""

    class Base(Task[Any, Any]):
        Request: Any = Own

    made = attached.task(base=Base, name="requested")(quiet).Request
    assert issubclass(made, PlatformRequest)
    assert made.on_accepted is Own.on_accepted


def test_a_task_can_be_pickled(attached: Celery) -> None:
    attached.set_current()
    attached.finalize()
    task = attached.tasks[shared_before.name]
    assert pickle.loads(pickle.dumps(task)) is task  # noqa: S301 - made here


class OwnCelery(Celery):
    """A subclass of Celery that can be imported, like an application's."""


def test_an_attached_instance_can_be_pickled() -> None:
    made = attach(OwnCelery("pickled", set_as_current=False))
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - made here
    assert isinstance(again, OwnCelery)
    assert again.main == "pickled"
    assert type(again).__name__ == "AttachedOwnCelery"


def test_an_own_subclass_of_celery_keeps_working(chosen: Chosen) -> None:
    class Own(Celery):
        def send_task(self, *_: Any, **kwargs: Any) -> Any:
            RUN.append(kwargs["queue"])
            return "sent"

    made = attach(Own("own", set_as_current=False))
    assert made.send_task("routed.x") == "sent"
    assert [chosen.queue(chosen.labels[0])["name"]] == RUN


def test_of_two_instances_only_the_attached_one_has_guarantees(attached: Celery) -> None:
    other = Celery("plain", set_as_current=False)
    for each in (attached, other):
        each.finalize()
    assert has_guarantees(attached.tasks[shared_before.name])
    assert not isinstance(other.tasks[shared_before.name], Guarantees)
    assert other.conf.task_acks_late is False
    other.close()


def unwrapped(proxy: Any) -> Any:
    """What one of Celery's proxies stands for."""
    return proxy._get_current_object()


def test_the_current_app_and_its_proxies_are_the_attached_one(attached: Celery) -> None:
    from celery import current_app

    attached.set_current()
    assert isinstance(unwrapped(current_app), type(attached))
    attached.finalize()
    assert shared_before.app is attached
    assert has_guarantees(unwrapped(shared_before))

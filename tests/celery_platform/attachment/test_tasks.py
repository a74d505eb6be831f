"""Attaching replaces the classes of an application and of its tasks: everything that people do with theirs goes on.

Tasks run by Celery's own tracer in this process, as a worker's child runs them; no message is sent, so no broker is
needed.
"""

import pickle
from typing import Any

import pytest
from celery import Celery, Task, shared_task
from celery.app.trace import build_tracer
from celery.exceptions import Retry
from celery_platform import attach
from celery_platform.application.loading import import_tasks
from celery_platform.attachment.tasks import Guarantees
from celery_platform.dead_letters import publishing
from celery_platform.dead_letters.time_limit import Request as PlatformRequest
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.retry import DEFAULT

from .conftest import Chosen

pytestmark = pytest.mark.usefixtures("chosen")
RUN: list[Any] = []


@shared_task
def shared_before(number: int) -> int:
    return number + 1


def quiet() -> str:
    return "ran"


@pytest.fixture(autouse=True)
def _no_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    RUN.clear()
    # A letter would be sent to a broker, and this file has none.
    monkeypatch.setattr("celery_platform.dead_letters.publish", lambda _task, error: RUN.append(("letter", error)))
    monkeypatch.setattr("celery_platform.attachment.guarantees.is_poison", lambda _task: None)
    assert publishing


def trace(task: Any, *args: Any, retries: int = 0, propagate: bool = True) -> Any:
    """What Celery's tracer makes of one delivery: the value, or what it recorded."""
    request = {
        "id": "one",
        "args": list(args),
        "kwargs": {},
        "retries": retries,
        "is_eager": False,
        "delivery_info": {},
    }
    task.backend.mark_as_done = task.backend.mark_as_failure = lambda *_a, **_k: None
    tracer = build_tracer(task.name, task, eager=True, propagate=propagate, app=task.app)
    return tracer("one", list(args), {}, request).retval


def has_guarantees(task: Any) -> bool:
    """Once, and before whatever the task's own class does."""
    classes = type(task).__mro__
    return classes.count(Guarantees) == 1 and issubclass(task.Request if isinstance(task.Request, type) else object,
                                                         PlatformRequest)  # fmt: skip


@pytest.fixture
def attached(app: Celery) -> Celery:
    app.conf.update(result_backend="cache+memory://")
    return attach(app)


def test_a_shared_task_that_was_declared_before_gets_the_guarantees(attached: Celery) -> None:
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


def test_attaching_twice_changes_nothing(attached: Celery) -> None:
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
    class Base(Task):
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


def test_a_failure_calls_what_the_application_overrides_and_is_a_letter(attached: Celery) -> None:
    class Base(Task):
        def on_failure(self, exc: Exception, *_: Any) -> None:
            RUN.append(("on_failure", str(exc)))

    @attached.task(base=Base, name="failing")
    def failing() -> None:
        raise KeyError("gone")

    trace(failing, propagate=False)
    assert [kind for kind, _ in RUN] == ["letter", "on_failure"]


def test_retry_and_on_retry_may_be_overridden(attached: Celery) -> None:
    class Base(Task):
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
    class Base(Task):
        def apply_async(self, *_: Any, **__: Any) -> Any:
            return "intercepted"

    assert attached.task(base=Base, name="intercepted")(quiet).delay() == "intercepted"


def test_a_task_that_is_a_class_is_registered_once_with_guarantees(attached: Celery) -> None:
    class Multiply(Task):
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
    class Base(Task):
        Strategy = "theirs:strategy"

    assert attached.task(base=Base, name="strategic")(quiet).Strategy == "theirs:strategy"


def test_a_request_class_of_the_application_comes_after_the_platforms(attached: Celery) -> None:
    from celery.worker.request import Request

    class Own(Request):
        def on_accepted(self, *_: Any) -> None:
            """Theirs."""

    class Base(Task):
        pass

    Base.Request = Own
    made = attached.task(base=Base, name="requested")(quiet).Request
    assert issubclass(made, PlatformRequest)
    assert made.on_accepted is Own.on_accepted


def test_a_task_can_be_pickled(attached: Celery) -> None:
    attached.set_current()
    attached.finalize()
    task = attached.tasks[shared_before.name]
    assert pickle.loads(pickle.dumps(task)) is task  # noqa: S301 - made here


class OwnCelery(Celery):
    """Importable, as an application's subclass is."""


def test_an_attached_instance_can_be_pickled() -> None:
    made = attach(OwnCelery("pickled", set_as_current=False))
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - made here
    assert isinstance(again, OwnCelery)
    assert again.main == "pickled"
    assert type(again).__name__ == "AttachedOwnCelery"


def test_an_own_subclass_of_celery_goes_on_working(chosen: Chosen) -> None:
    class Own(Celery):
        def send_task(self, *_: Any, **kwargs: Any) -> Any:
            RUN.append(kwargs["queue"])
            return "sent"

    made = attach(Own("own", set_as_current=False))
    assert made.send_task("routed.x") == "sent"
    assert [chosen.queue(chosen.labels[0])["name"]] == RUN


def test_of_two_instances_the_attached_one_alone_has_guarantees(attached: Celery) -> None:
    other = Celery("plain", set_as_current=False)
    for each in (attached, other):
        each.finalize()
    assert has_guarantees(attached.tasks[shared_before.name])
    assert not isinstance(other.tasks[shared_before.name], Guarantees)
    assert other.conf.task_acks_late is False
    other.close()


def test_the_current_app_and_its_proxies_are_the_attached_one(attached: Celery) -> None:
    from celery import current_app

    attached.set_current()
    assert isinstance(current_app._get_current_object(), type(attached))
    attached.finalize()
    assert shared_before.app is attached
    assert has_guarantees(shared_before._get_current_object())


def retries_of(task: Any, *args: Any) -> int:
    """After how many retries the task gives up; what would be published is counted instead."""
    for retries in range(20):
        try:
            trace(task, *args, retries=retries)
        except Retry:
            continue
        except Exception:
            return retries
    raise AssertionError("it never gives up")


@pytest.fixture
def counted(attached: Celery, monkeypatch: pytest.MonkeyPatch) -> Celery:
    """No message leaves: `retry` publishes nothing."""
    monkeypatch.setattr(Task, "signature_from_request", lambda *_a, **_k: _Unsent())
    return attached


class _Unsent:
    args: Any = ()
    kwargs: Any = {}  # noqa: RUF012
    options: Any = {}  # noqa: RUF012

    def apply_async(self) -> None:
        """Send nothing."""


def test_a_transient_error_is_retried_as_often_as_the_platform_says(counted: Celery) -> None:
    @counted.task(name="transient")
    def transient() -> None:
        raise TransientError("away")

    assert retries_of(transient) == DEFAULT.times


@pytest.mark.parametrize("times", [2, Task.max_retries])
def test_a_transient_error_is_retried_as_often_as_the_task_says(counted: Celery, times: int) -> None:
    @counted.task(name="transient", max_retries=times)
    def transient() -> None:
        raise TransientError("away")

    assert retries_of(transient) == times


def test_own_autoretry_counts_and_transient_errors_are_retried_beside_it(counted: Celery) -> None:
    @counted.task(name="both", autoretry_for=(ValueError,), max_retries=2)
    def both(kind: str) -> None:
        raise ValueError(kind) if kind == "own" else TransientError(kind)

    assert retries_of(both, "own") == 2
    assert retries_of(both, "transient") == 2


def test_autoretry_for_every_exception_is_not_retried_twice(counted: Celery) -> None:
    @counted.task(name="all", autoretry_for=(Exception,), retry_kwargs={"max_retries": 4})
    def every() -> None:
        raise TransientError("away")

    assert retries_of(every) == 4
    assert [kind for kind, _ in RUN] == ["letter"]


def test_without_an_environment_an_attached_instance_is_plain_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_ENVIRONMENT_FILE", raising=False)
    made = attach(Celery("plain", broker="memory://", set_as_current=False))  # no server for a message nobody takes
    task = made.task(name="quiet")(quiet)
    assert not isinstance(task, Guarantees)
    assert made.conf.task_acks_late is False
    made.conf.task_always_eager = True
    assert task.delay().get() == "ran"
    made.conf.task_always_eager = False
    assert task.delay().id
    made.close()


def test_an_eager_task_that_fails_leaves_no_dead_letter(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    attach(app)
    published = []
    monkeypatch.setattr("celery_platform.dead_letters.publish", lambda *args: published.append(args))

    @app.task(name="eager")
    def eager() -> None:
        raise ValueError("in the caller's own process")

    assert eager.apply().failed()
    assert not published


def test_a_task_put_into_the_registry_by_hand_gets_the_guarantees_when_tasks_are_imported(app: Celery) -> None:
    attach(app)

    class ByHand(Task):
        name = "by_hand"

    app.tasks.register(ByHand())
    import_tasks(app)

    assert isinstance(app.tasks["by_hand"], Guarantees)

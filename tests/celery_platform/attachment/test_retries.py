"""How often a task of an attached application is retried, and runs outside a worker."""

from typing import Any

import pytest
from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined] # has no stub
from celery import Celery, Task
from celery.exceptions import Reject, Retry
from celery_platform import attach
from celery_platform.application.loading import import_tasks
from celery_platform.attachment.guarantees import Guarantees
from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.retry import DEFAULT

from .tracing import RUN, quiet, trace

pytestmark = pytest.mark.usefixtures("chosen")


def retries_of(task: Any, *args: Any) -> int:
    """The number of retries after which the task gives up; retries are counted instead of published."""
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
    """Prevent that `retry` publishes a message."""
    monkeypatch.setattr(Task, "signature_from_request", lambda *_a, **_k: _Unsent())
    return attached


class _Unsent:
    args: Any = ()
    kwargs: Any = {}  # noqa: RUF012
    options: Any = {}  # noqa: RUF012

    def apply_async(self) -> None:
        """Send nothing."""


class _Refused(_Unsent):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def apply_async(self) -> None:
        """The broker takes nothing."""
        raise self.error


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


def test_own_autoretry_is_used_and_transient_errors_are_retried_in_addition(counted: Celery) -> None:
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
    assert [kind for kind, _ in RUN] == ["dead-lettered"]


@pytest.mark.parametrize(
    ("error", "given_back"),
    [
        (PublishError("a broker that takes the message", "ThrottlingException", "wait"), True),
        (ConnectionResetError("the broker"), True),
        (RefusedMessageError("a message of at most 192 KiB", "200 KiB", "send less"), False),
        (TypeError("not JSON"), False),
    ],
)
def test_a_retry_that_the_broker_does_not_take_now_is_given_back(
    attached: Celery, monkeypatch: pytest.MonkeyPatch, error: Exception, *, given_back: bool
) -> None:
    monkeypatch.setattr(Task, "signature_from_request", lambda *_a, **_k: _Refused(error))

    @attached.task(name="retried")
    def retried() -> None:
        raise TransientError("away")

    outcome = trace(retried, propagate=False).exception
    ended = outcome.exc if isinstance(outcome, ExceptionWithTraceback) else outcome

    assert isinstance(ended, Reject if given_back else type(error))
    assert vars(ended).get("requeue", False) is given_back


def test_without_an_environment_an_attached_instance_is_plain_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_ENVIRONMENT_FILE", raising=False)
    made = attach(Celery("plain", broker="memory://", set_as_current=False))  # no server is needed
    task = made.task(name="quiet")(quiet)
    assert not isinstance(task, Guarantees)
    assert made.conf.task_acks_late is False
    made.conf.task_always_eager = True
    assert task.delay().get() == "ran"
    made.conf.task_always_eager = False
    assert task.delay().id
    made.close()


def test_an_eager_task_that_fails_is_not_dead_lettered(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
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

    class ByHand(Task[Any, Any]):
        name = "by_hand"

    app.tasks.register(ByHand())
    import_tasks(app)

    assert isinstance(app.tasks["by_hand"], Guarantees)

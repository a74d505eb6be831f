"""A task on a queue without a limit has none, and an idempotent task there must declare its lease."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery_platform.attachment.limits import apply_limits
from celery_platform.environment.resolve import resolve
from celery_platform.errors import ApplicationError
from celery_platform.refusals.time_limit import refuse_a_longer_time_limit
from celery_platform.reliability.idempotent import idempotent
from celery_platform.settings import Resolved
from celery_platform.settings.resolved import read

from tests.harness.environment import LOCAL, described


@pytest.fixture
def environment(tmp_path: Path) -> Resolved:
    """An environment in which the queues `slow` and `nightly` have no limit."""
    env = described(LOCAL)
    unlimited = {
        label: env.queues[label].model_copy(update={"soft_time_limit_seconds": None}) for label in ("slow", "nightly")
    }
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolve(env.model_copy(update={"queues": env.queues | unlimited}))))
    return read(file)


def forever(self: Any) -> None:
    """It is never run."""


def app_with(task: Any, **options: Any) -> Any:
    """An application with only this task, on the queue `slow`."""
    celery: Any = Celery("plain", set_as_current=False)
    made = celery.task(bind=True, shared=False, name="exercises.slow.forever", **options)(task)
    celery.finalize()
    return SimpleNamespace(tasks={made.name: made}), made


def test_a_task_without_a_limit_of_its_own_gets_none(environment: Resolved) -> None:
    app, task = app_with(forever)

    apply_limits(app, environment)

    assert (task.soft_time_limit, task.time_limit) == (None, None)


def test_a_limit_of_its_own_is_kept_however_long(environment: Resolved) -> None:
    app, task = app_with(forever, time_limit=500_000)

    apply_limits(app, environment)

    assert task.time_limit == 500_000


def test_a_call_may_set_any_limit_there(environment: Resolved) -> None:
    refuse_a_longer_time_limit("ship", environment.queues["slow"], {"time_limit": 500_000})


def test_an_idempotent_task_must_declare_its_lease(environment: Resolved) -> None:
    @idempotent(key=lambda: "key")
    def once(self: Any) -> None: ...

    app, _ = app_with(once)

    with pytest.raises(ApplicationError, match="is idempotent without lease_seconds, and queue slow"):
        apply_limits(app, environment)


def test_an_idempotent_task_with_a_lease_may_run_there(environment: Resolved) -> None:
    @idempotent(key=lambda: "key", lease_seconds=90_000)
    def once(self: Any) -> None: ...

    app, _ = app_with(once)

    apply_limits(app, environment)

"""The attached instance publishes a `shared_task` from every thread, such as those of FastAPI's `def` endpoints."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import Celery, _state, current_app, shared_task
from celery_platform import attach
from kombu.exceptions import OperationalError

pytestmark = pytest.mark.usefixtures("_as_a_process_begins")


@shared_task(name="endpoints.record")
def record() -> None:
    """Publish me."""


@pytest.fixture
def _as_a_process_begins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start without any instance and without an environment, so that a broker in memory can be used."""
    monkeypatch.delenv("CELERY_ENVIRONMENT_FILE", raising=False)
    state: Any = _state
    default, current = state.default_app, state._tls.current_app
    state.set_default_app(None)
    state._set_current_app(None)
    yield
    state.set_default_app(default)
    state._set_current_app(current)


def _instance(name: str, **options: Any) -> Celery:
    return Celery(name, broker=f"memory://{name}", backend="cache+memory://", **options)


def _in_a_thread(ask: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result(timeout=20)


def _found_in_a_thread() -> str | None:
    return str(_in_a_thread(lambda: record.app.main))


def test_a_shared_task_is_published_from_a_thread_that_made_no_instance() -> None:
    app = attach(_instance("only"))

    sent = _in_a_thread(lambda: record.delay())

    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        message = channel.basic_get("celery", no_ack=True)
    assert message.headers["id"] == sent.id


def test_without_attach_celery_looks_for_a_rabbitmq_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    _instance("only")
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://127.0.0.1:1//")  # a port on which certainly nothing listens

    with pytest.raises(OperationalError):
        _in_a_thread(lambda: record.apply_async(retry=False))


def test_of_two_attached_instances_threads_use_the_same_one_as_the_main_thread() -> None:
    attach(_instance("first"))
    attach(_instance("second"))

    assert _found_in_a_thread() == current_app.main == "second"


def test_the_order_of_attaching_does_not_matter() -> None:
    first, second = _instance("first"), _instance("second")
    attach(second)
    attach(first)

    assert _found_in_a_thread() == current_app.main == "second"


def test_an_instance_that_was_chosen_as_default_stays_the_default() -> None:
    attach(_instance("first")).set_default()
    attach(_instance("second"))

    assert _found_in_a_thread() == "first"


def test_a_plain_instance_that_was_chosen_as_default_stays_the_default() -> None:
    _instance("plain").set_default()
    attach(_instance("second"))

    assert _found_in_a_thread() == "plain"


def test_an_instance_that_is_not_current_does_not_become_the_default() -> None:
    attach(_instance("first"))
    attach(_instance("second", set_as_current=False))

    assert _found_in_a_thread() == "first"


def test_celerys_fallback_instance_is_replaced() -> None:
    assert _found_in_a_thread() == "default"

    attach(_instance("only"))

    assert _found_in_a_thread() == "only"

"""A different value of a setting that the platform owns is refused with both values, however it is set."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.app.defaults import NAMESPACES, flatten
from celery_platform import attach
from celery_platform.attachment.ownership import PLATFORM
from celery_platform.errors import RefusedMessageError, SettingsError
from kombu import Queue

from .conftest import Chosen

pytestmark = pytest.mark.usefixtures("chosen")
THEIRS = "redis://theirs:pass/w@rd@elsewhere/0"
# Settings for which the platform's value differs from Celery's default.
OURS = {
    "task_acks_late": True, "task_reject_on_worker_lost": True, "broker_connection_retry_on_startup": True,
    "worker_cancel_long_running_tasks_on_connection_loss": True, "task_create_missing_queues": False,
    "worker_hijack_root_logger": False,
}  # fmt: skip
# The stub says that this gives texts.
SETTINGS: Any = flatten(NAMESPACES)
DEFAULTS = {name: option.default for name, option in SETTINGS}


def read(app: Celery) -> bool:
    """Read a setting, because settings are only compared at the first use."""
    return bool(app.conf.task_acks_late)


def _set(app: Any) -> None:
    app.conf.broker_url = THEIRS


def _update(app: Celery) -> None:
    app.conf.update(broker_url=THEIRS)


def _item(app: Celery) -> None:
    app.conf["broker_url"] = THEIRS


def _object(app: Celery) -> None:
    app.config_from_object(SimpleNamespace(broker_url=THEIRS))


def _namespace(app: Celery) -> None:
    app.config_from_object(SimpleNamespace(CELERY_BROKER_URL=THEIRS), namespace="CELERY")


def _old_name(app: Celery) -> None:
    app.config_from_object(SimpleNamespace(BROKER_URL=THEIRS))


def _defaults(app: Any) -> None:
    app.add_defaults({"broker_url": THEIRS})


WAYS = [_set, _update, _item, _object, _namespace, _old_name, _defaults]


@pytest.mark.parametrize("state", WAYS, ids=lambda way: way.__name__.strip("_"))
@pytest.mark.parametrize("first", ["attached", "stated"])
def test_another_broker_is_refused_with_both_values_and_without_password(
    state: Callable[[Celery], None], first: str, app: Celery
) -> None:
    with pytest.raises(SettingsError) as refused:  # noqa: PT012 - stating it may be the first use
        if first == "attached":
            attach(app)
        state(app)
        attach(app)
        assert app.conf.broker_url
    text = str(refused.value)
    assert "broker_url is 'redis://...@elsewhere/0', the platform's is 'redis://127.0.0.1:1/0'" in text
    assert "rd@" not in text
    assert "pass" not in text
    assert "is_chosen()" in text


def test_another_broker_is_refused_as_an_argument() -> None:
    app = attach(Celery("theirs", broker=THEIRS, set_as_current=False))
    with pytest.raises(SettingsError, match=r"broker_url is 'redis://\.\.\.@elsewhere/0'"):
        read(app)


def test_another_broker_is_refused_as_celerys_variable(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", THEIRS)
    with pytest.raises(SettingsError, match="from the variable CELERY_BROKER_URL"):
        read(attach(app))


def _other(default: Any) -> Any:
    if isinstance(default, bool):
        return not default
    return default + 1 if isinstance(default, int | float) else "theirs"


@pytest.mark.parametrize("setting", sorted(PLATFORM))
def test_each_setting_of_the_platform_is_refused_by_name(setting: str, app: Celery) -> None:
    theirs: Any = _other(DEFAULTS[setting])
    if setting in (
        "task_acks_late",
        "task_reject_on_worker_lost",
        "worker_cancel_long_running_tasks_on_connection_loss",
    ):
        theirs = False
    if setting in ("task_create_missing_queues", "worker_hijack_root_logger", "broker_connection_retry_on_startup"):
        theirs = not {"broker_connection_retry_on_startup": True}.get(setting, False)
    app.conf.update({setting: theirs})
    with pytest.raises(SettingsError, match=f"{setting} is "):
        read(attach(app))


def test_several_conflicts_are_listed_together(app: Celery) -> None:
    app.conf.update(task_acks_late=False, task_queues=[Queue("mine")], worker_prefetch_multiplier=1)
    with pytest.raises(SettingsError) as refused:
        read(attach(app))
    for name in ("task_acks_late", "task_queues", "worker_prefetch_multiplier"):
        assert name in str(refused.value)


def test_the_same_value_is_not_a_conflict(app: Celery) -> None:
    app.conf.update(
        task_acks_late=True, accept_content=["application/json"], broker_connection_retry_on_startup=True,
        task_protocol=2, worker_hijack_root_logger=False,
    )  # fmt: skip
    assert attach(app).conf.task_acks_late is True


def test_settings_of_the_application_are_kept(app: Celery) -> None:
    app.conf.update(timezone="Europe/Berlin", task_track_started=True, result_expires=60, result_extended=False)
    conf = attach(app).conf
    assert (str(conf.timezone), conf.task_track_started, conf.result_expires, conf.result_extended) == (
        "Europe/Berlin", True, 60, False,
    )  # fmt: skip


def test_an_own_result_backend_gets_no_settings_of_the_platforms_store(app: Any) -> None:
    app.conf.result_backend = "redis://elsewhere/3"
    conf = attach(app).conf
    assert conf.result_backend == "redis://elsewhere/3"
    assert not conf.result_backend_transport_options


def test_celerys_variable_of_the_result_backend_is_used(app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_RESULT_BACKEND", "redis://elsewhere/3")
    assert attach(app).conf.result_backend == "redis://elsewhere/3"
    assert not app.conf.result_backend_transport_options


def test_secrets_within_a_setting_are_not_shown(app: Celery) -> None:
    app.conf.broker_transport_options = {"sentinel_kwargs": {"password": "hush"}, "master_name": "mine"}
    with pytest.raises(SettingsError) as refused:
        read(attach(app))
    assert "hush" not in str(refused.value)
    assert "'master_name': 'mine'" in str(refused.value)


def test_a_serializer_that_workers_do_not_accept_is_refused(app: Celery) -> None:
    app.conf.task_serializer = "pickle"
    with pytest.raises(SettingsError, match=r"application\.accept_content: json; found 'pickle'"):
        read(attach(app))


def test_a_serializer_that_the_file_accepts_is_kept(app: Celery, chosen: Chosen) -> None:
    chosen.application({"accept_content": ["json", "yaml"]})
    app.conf.task_serializer = "yaml"
    assert attach(app).conf.task_serializer == "yaml"


def test_events_are_refused_if_the_broker_cannot_broadcast(app: Celery, chosen: Chosen) -> None:
    chosen.application({}, kind="sqs")
    app.conf.worker_send_task_events = True
    with pytest.raises(SettingsError, match="worker_send_task_events off"):
        read(attach(app))


def test_events_are_allowed_on_other_brokers(app: Celery) -> None:
    app.conf.worker_send_task_events = True
    assert attach(app).conf.worker_send_task_events is True


def test_an_unknown_default_queue_is_refused(app: Celery) -> None:
    app.conf.task_default_queue = "celery"
    with pytest.raises(SettingsError, match="task_default_queue to be one of"):
        read(attach(app))


def test_a_settings_error_is_raised_again_at_the_next_use(app: Celery) -> None:
    app.conf.task_acks_late = False
    attach(app)
    for _ in range(2):
        with pytest.raises(SettingsError):
            app.send_task("routed.anything")


def test_an_unknown_queue_of_a_call_is_refused(app: Celery) -> None:
    with pytest.raises(RefusedMessageError, match="found queue 'nowhere'"):
        attach(app).send_task("routed.anything", queue="nowhere")


def test_a_task_without_a_route_is_refused(app: Celery, chosen: Chosen) -> None:
    chosen.application({"default_queue": None})
    with pytest.raises(SettingsError, match="no route that matches"):
        attach(app).send_task("unknown.task")

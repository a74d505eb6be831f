"""The platform's settings apply from the first use on, in every thread, and after another configuration."""

import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery_platform import attach
from celery_platform.attachment.settings import refuse_later_changes
from celery_platform.errors import SettingsError

pytestmark = pytest.mark.usefixtures("chosen")


def test_threads_that_use_an_application_at_once_all_have_the_settings(
    app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["celery_platform.settings.runtime"]
    discover = module.discover

    # Simulate an account that answers slowly.
    def slowly(prefix: str) -> Any:
        time.sleep(0.3)
        return discover(prefix)

    monkeypatch.setattr(module, "discover", slowly)
    attach(app)
    seen: list[Any] = []

    threads = [threading.Thread(target=lambda: seen.append(app.conf.task_acks_late)) for _ in range(8)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)  # while the account has not yet answered the first
    for thread in threads:
        thread.join()

    assert seen == [True] * 8


def test_an_application_that_is_configured_again_has_the_settings_again(app: Celery) -> None:
    attach(app)
    assert app.conf.task_acks_late

    app.config_from_object(SimpleNamespace(task_track_started=True))

    assert app.conf.task_acks_late
    assert app.conf.task_track_started


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_setting_is_not_a_conflict(app: Celery, nothing: str | None) -> None:
    app.conf.update(broker_use_ssl=nothing, broker_read_url=nothing)
    attach(app)

    assert app.conf.task_acks_late


def test_a_setting_that_is_changed_after_it_was_read_is_refused_when_a_worker_starts(app: Celery) -> None:
    attach(app)
    assert app.conf.task_acks_late
    app.conf.update(task_acks_late=False, broker_url="redis://me:hush@elsewhere/0")

    with pytest.raises(SettingsError) as refused:
        refuse_later_changes(app)

    assert "task_acks_late is False, the platform's is True" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_unchanged_settings_are_accepted(app: Celery) -> None:
    app.conf.task_track_started = True
    attach(app)
    assert app.conf.task_acks_late

    refuse_later_changes(app)

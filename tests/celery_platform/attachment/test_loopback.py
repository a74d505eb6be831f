"""A result backend on `localhost` is used, as the table of settings says, and a worker warns about it."""

import pytest
from celery import Celery
from celery_platform import attach
from celery_platform.attachment.loopback import names_this_machine, warn_of_this_machine

from .conftest import Chosen

LOCAL = "redis://me:hush@localhost:6379/0"
ELSEWHERE = "redis://results.internal:6379/1"


@pytest.fixture
def _far_away(chosen: Chosen) -> None:
    """An environment whose result store is on another machine."""
    chosen.discovered(ELSEWHERE)


def _warned(app: Celery, caplog: pytest.LogCaptureFixture) -> str:
    attach(app)
    warn_of_this_machine(app)
    return caplog.text


@pytest.mark.usefixtures("_far_away")
def test_the_warning_does_not_contain_the_password(app: Celery, caplog: pytest.LogCaptureFixture) -> None:
    app.conf.update(result_backend=LOCAL)

    said = _warned(app, caplog)

    assert "result_backend of the application is 'redis://...@localhost:6379/0'" in said
    assert "hush" not in said
    assert app.conf.result_backend == LOCAL


@pytest.mark.usefixtures("_far_away")
def test_other_settings_of_a_backend_are_warned_about(app: Celery, caplog: pytest.LogCaptureFixture) -> None:
    app.conf.update(redis_host="127.0.0.1", result_backend="redis://cache.internal/0")

    said = _warned(app, caplog)

    assert "redis_host of the application is '127.0.0.1'" in said
    assert "result_backend of" not in said


@pytest.mark.usefixtures("_far_away")
def test_there_is_no_warning_about_the_platforms_result_store(app: Celery, caplog: pytest.LogCaptureFixture) -> None:
    assert _warned(app, caplog) == ""


def test_there_is_no_warning_if_the_whole_environment_is_on_this_machine(
    app: Celery, chosen: Chosen, caplog: pytest.LogCaptureFixture
) -> None:
    chosen.discovered("redis://127.0.0.1:1/1")
    app.conf.update(result_backend=LOCAL)

    assert _warned(app, caplog) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("redis://localhost", True),
        ("redis://", True),
        ("redis:///0", True),
        ("rediss://[::1]:6379", True),
        ("db+postgresql://me:pass@LOCALHOST/results", True),
        ("cache+memcached://10.0.0.1:11211;10.0.0.2:11211/", False),
        ("sentinel://10.0.0.1:26379;sentinel://127.0.0.2:26379", True),
        ("127.0.0.1:11211", True),
        ("redis://localhost.example.com/0", False),
        ("redis://store.internal/localhost", False),
        ("file:///var/lib/celery/results", False),
        ("rpc://", False),
        (None, False),
        (6379, False),
    ],
)
def test_which_values_name_this_machine(value: object, expected: bool) -> None:
    assert names_this_machine(value) is expected

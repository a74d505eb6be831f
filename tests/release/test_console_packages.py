"""The console's packages go beside those of the application, in the application's versions."""

from pathlib import Path

import pytest
from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file
from celery_platform.release.console_packages import EXTRA, console_packages
from celery_platform.release.project import Project

from tests.harness.servers import REPOSITORY
from tests.release.conftest import HOST

EXAMPLE = Project(REPOSITORY, "tests/harness/application")
PLATFORM_LOCK = REPOSITORY / "requirements.lock"
FLASK = "jinja2==3.1.6\nmarkupsafe==3.0.4\n"


def added(own: str) -> dict[str, str]:
    """What the console adds to a lock with the platform's packages and these, by name."""
    locked = lock_file.parse(PLATFORM_LOCK.read_text() + own, "requirements.lock")
    return {one.name: one.version for one in console_packages(EXAMPLE, locked, HOST)}


def test_an_application_without_any_of_them_gets_all_of_them() -> None:
    assert {"starlette", "uvicorn", "jinja2", "pyjwt", "cryptography"} <= added("").keys()


def test_what_the_application_has_already_is_not_added_again() -> None:
    assert {"jinja2", "markupsafe"} & added(FLASK).keys() == set()
    assert "starlette" in added(FLASK)


def test_what_the_platform_has_on_hosts_is_never_added() -> None:
    platform = {one.name for one in lock_file.wanted_on(lock_file.read(PLATFORM_LOCK), HOST.markers())}

    assert platform & added("").keys() == set()


def test_what_the_platform_has_on_other_systems_only_is_added() -> None:
    """Gevent needs cffi on Windows, and cryptography needs it everywhere."""
    assert "cffi" in added("")


def test_a_version_with_which_the_console_does_not_run_is_refused_with_a_way_on() -> None:
    with pytest.raises(ApplicationError, match=r"found starlette==0\.40\.0.*remove `console` from environment\.yml"):
        added("starlette==0.40.0\n")


def test_the_lock_has_the_platforms_own_versions() -> None:
    platform = {one.name: one.version for one in lock_file.read(PLATFORM_LOCK)}
    console = {one.name: one.version for one in lock_file.read(Path(REPOSITORY / f"requirements-{EXTRA}.lock"))}

    assert {name: console.get(name) for name in platform} == platform

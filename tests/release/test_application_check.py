"""The check of an application finds what a worker's start would find, before anything is started."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery_platform.environment import resolve
from celery_platform.environment.files import resolved_file
from celery_platform.environment.load import parse
from celery_platform.errors import ApplicationError
from celery_platform.release.application_check import (
    Outcome,
    check_application,
    processes_of,
    refuse_misspelt_routes,
)
from celery_platform.release.project import Project
from celery_platform.settings import read

from tests.harness.environment import ENVIRONMENTS
from tests.harness.servers import REPOSITORY

GOOD = """
import os
from celery import Celery
from celery_platform import attach

app = attach(Celery("orders"))

@app.task(name="orders.ship")
def ship(): ...
"""
Try = Callable[..., list[Outcome]]


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Check an application of one module, `orders`; `changes` apply to the sections of its environment file."""
    monkeypatch.setenv("CELERY_CHECKOUT", str(tmp_path))
    monkeypatch.setenv("ENVIRONMENTS", str(tmp_path / "environments"))
    project = Project(tmp_path, "app/orders")
    project.folder.mkdir(parents=True)
    (project.folder / "requirements.txt").write_text("celery\n")
    shutil.copy(REPOSITORY / "requirements.lock", project.folder / "requirements.lock")

    def run(module: str, **changes: Any) -> list[Outcome]:
        (project.folder / "orders.py").write_text(module)
        own = {"application": application(), "schedule": {}} | changes
        resolved = described(tmp_path / "environments" / "local", own)
        assert resolved["application"]["package"] == "app/orders"
        return check_application(project, "local")

    return run


def application(**changes: Any) -> dict[str, Any]:
    """The section `application` of the environment file."""
    named = {"package": "app/orders", "celery": "orders:app", "routes": [{"tasks": "orders.*", "queue": "default"}]}
    return named | changes


def described(folder: Path, sections: dict[str, Any]) -> dict[str, Any]:
    """Render the environment for tests with other sections; `pools` adds to the existing pools."""
    folder.mkdir(parents=True, exist_ok=True)
    content = yaml.safe_load((ENVIRONMENTS / "local" / "environment.yml").read_text())
    for service in content["services"].values():
        service.pop("secret", None)  # a secret of only some pools would add processes to check
    for name, more in sections.pop("pools", {}).items():
        content["pools"][name] |= more
    resolved = resolve(parse(yaml.safe_dump(content | sections).encode(), folder / "environment.yml"))
    (folder / "resolved.json").write_text(json.dumps(resolved))
    return resolved


def refused(outcomes: list[Outcome]) -> str:
    """The single refusal, which the check must be sure of."""
    assert all(one.error and one.unsure is None for one in outcomes), outcomes
    (text,) = {str(one.error) for one in outcomes}
    return text


def test_a_good_application_has_its_tasks_and_schedule(attempt: Try) -> None:
    (found,) = attempt(GOOD, schedule={"daily": {"task": "orders.ship", "cron": "0 5 * * *"}})

    assert found.error is None, found.error
    assert found.tasks == ("orders.ship",)
    assert found.scheduled == ("daily",)


def test_a_task_without_a_queue_is_refused(attempt: Try) -> None:
    outcomes = attempt(GOOD, application=application(routes=[{"tasks": "other.*", "queue": "default"}]))

    assert "orders.ship has no queue: add a pattern to application.routes" in refused(outcomes)


def test_a_schedule_of_a_missing_task_is_refused(attempt: Try) -> None:
    outcomes = attempt(GOOD, schedule={"daily": {"task": "orders.shipped", "cron": "0 5 * * *"}})

    assert "none of these names: daily: orders.shipped" in refused(outcomes)


def test_a_route_of_a_task_that_no_code_has_is_refused(attempt: Try) -> None:
    routes = [{"tasks": "orders.shp", "queue": "default"}, {"tasks": "orders.*", "queue": "default"}]
    outcomes = attempt(GOOD, application=application(routes=routes))

    with pytest.raises(ApplicationError) as refused:
        refuse_misspelt_routes(read(resolved_file("local")), outcomes)

    assert "orders.shp" in refused.value.found
    assert "did you mean orders.ship?" in refused.value.remedy


def test_a_pattern_for_tasks_to_come_is_named_and_not_refused(attempt: Try) -> None:
    routes = [{"tasks": tasks, "queue": "default"} for tasks in ("reports.*", "celery.*", "orders.ship", "*")]
    outcomes = attempt(GOOD, application=application(routes=routes))

    assert refuse_misspelt_routes(read(resolved_file("local")), outcomes) == ["reports.*"]


def test_routes_are_not_judged_by_half_of_the_tasks(attempt: Try) -> None:
    outcomes = attempt(GOOD + "os.environ['NOBODY']\n", application=application(default_queue="default"))

    assert refuse_misspelt_routes(read(resolved_file("local")), outcomes) == []


def test_a_missing_variable_is_refused_even_if_this_shell_has_it(attempt: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SIGNING_KEY", "of the shell")

    outcomes = attempt(GOOD + "os.environ['NOTIFY_SIGNING_KEY']\n")

    assert "KeyError: 'NOTIFY_SIGNING_KEY'" in refused(outcomes)


def test_a_secret_of_one_pool_is_missing_in_the_others(attempt: Try) -> None:
    outcomes = attempt(GOOD + "os.environ['KEY']\n", pools={"io": {"secrets": {"KEY": "key"}}})

    with_it = [one for one in outcomes if "io" in one.processes.pools]
    assert [one.error for one in with_it] == [None]
    assert "KeyError: 'KEY'" in refused([one for one in outcomes if one not in with_it])


def test_a_contradiction_of_the_platforms_settings_is_refused(attempt: Try) -> None:
    outcomes = attempt(GOOD + "app.conf.task_acks_late = False\n")

    assert "task_acks_late is False, the platform's is True" in refused(outcomes)


def test_a_package_of_the_tools_that_is_not_required_is_refused(attempt: Try) -> None:
    assert "No module named 'flask' on hosts and in pods" in refused(attempt("import flask\n" + GOOD))


def test_a_module_that_ends_the_process_is_refused(attempt: Try) -> None:
    assert "exit code 7: bye" in refused(attempt("import os\nprint('bye', flush=True)\nos._exit(7)\n"))


def test_output_of_a_module_is_not_taken_for_the_result(attempt: Try) -> None:
    assert [one.error for one in attempt(GOOD + "print('{}')\n")] == [None]


@pytest.mark.parametrize(
    "reading",
    [
        "from urllib.parse import urlsplit\nassert urlsplit(os.environ['DATABASE_URL']).port == 5432\n",
        "import sqlalchemy\nsqlalchemy.create_engine(os.environ['DATABASE_URL'])\n",
    ],
)
def test_the_placeholder_of_a_url_is_a_url(attempt: Try, reading: str) -> None:
    outcomes = attempt(GOOD + reading, application=application(secrets={"DATABASE_URL": "database_url"}))

    assert [one.error for one in outcomes] == [None]


@pytest.mark.parametrize(
    "reading",
    [
        "int(os.environ['KEY'])\n",
        "import json\njson.loads(os.environ['KEY'])\n",
        "KEY = os.environ['KEY']\nassert KEY.startswith('-----BEGIN')\n",
        "raise SystemExit('KEY has to be of 32 bytes')\n",
    ],
)
def test_a_failure_on_the_form_of_a_placeholder_is_only_a_doubt(attempt: Try, reading: str) -> None:
    outcomes = attempt(GOOD + reading, application=application(secrets={"KEY": "key"}))

    assert all(one.unsure and "is a placeholder in this check" in one.unsure for one in outcomes), outcomes


def test_an_error_unrelated_to_a_secret_is_refused(attempt: Try) -> None:
    mistake = "KEY = os.environ['KEY']\nTABLE = {}\nTABLE['other']\n"
    outcomes = attempt(GOOD + mistake, application=application(secrets={"KEY": "key"}))

    assert "KeyError: 'other'" in refused(outcomes)


def test_a_connection_is_refused_and_only_a_doubt(attempt: Try) -> None:
    outcomes = attempt(GOOD + "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')\n")

    assert all(one.unsure and "this check has no network" in one.unsure for one in outcomes), outcomes


def test_processes_with_equal_variables_are_checked_once(attempt: Try, tmp_path: Path) -> None:
    attempt(GOOD, pools={"io": {"variables": {"A": "1"}}})

    found = processes_of(read(tmp_path / "environments" / "local" / "resolved.json"))

    assert sorted(map(str, found)) == ["pool cpu, beat", "pool io"]


def test_a_gevent_pool_is_checked_with_everything_patched(attempt: Try) -> None:
    patched = "from gevent import monkey\nassert monkey.is_module_patched('socket')\n"
    outcomes = attempt(patched + GOOD, pools={"io": {"type": "gevent"}})

    assert {str(one.processes): one.error is None for one in outcomes} == {"pool cpu, beat": False, "pool io": True}


ASYNC = GOOD + "\n@app.task(name='orders.tell')\nasync def tell(): ...\n"


def test_async_tasks_are_refused_in_a_pool_that_does_not_await_them(attempt: Try) -> None:
    text = refused(attempt(ASYNC))

    assert "no `async def` task in pool io: one of type threads does not await it; found orders.tell" in text
    assert "a queue whose only pools have `type: asyncio`" in text


def test_async_tasks_are_taken_by_an_asyncio_pool(attempt: Try) -> None:
    outcomes = attempt(ASYNC, pools={"io": {"type": "asyncio"}})

    assert [one.error for one in outcomes] == [None]


def test_a_task_that_returns_a_generator_is_refused_everywhere(attempt: Try) -> None:
    generator = GOOD + "\n@app.task(name='orders.each')\nasync def each():\n    yield 1\n"

    text = refused([one for one in attempt(generator, pools={"io": {"type": "asyncio"}}) if one.error])

    assert "`async def` with `yield`, which returns a generator: orders.each" in text

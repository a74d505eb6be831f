"""What a person gets wrong who brings an application: each in words, with exit code 2 and no traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .estate import Application, Estate, TestEnvironment, refusing_proxy

GOOD = "from celery import Celery\napp = Celery('theirs')\n"
TASK = "@app.task(name='theirs.work'{})\ndef work(): pass\n"


@pytest.fixture(scope="module")
def environment(estate: Estate) -> TestEnvironment:
    """Of the plain application, on SQS: nothing but the account is needed to start a worker."""
    return estate.environment("plain", "sqs", {"there": "hush-hush"}, suffix="bad-input")


@pytest.fixture
def start(environment: TestEnvironment, tmp_path: Path) -> Callable[..., str]:
    """Start a worker, or another command, of an application that is one module; returns what it said."""

    def run(module: str, *command: str, **application: Any) -> str:
        (tmp_path / "theirs.py").write_text(module)
        resolved = json.loads(json.dumps(environment.resolved))
        resolved["application"] |= {"package": str(tmp_path), "celery": "theirs:app"} | application
        file = tmp_path / "resolved.json"
        file.write_text(json.dumps(resolved))
        made = environment.variant(tmp_path)
        variables = made.variables | {"CELERY_ENVIRONMENT_FILE": str(file), "PYTHONPATH": ""}
        changed = Application(environment_with(made, variables), tmp_path)
        ran = changed.platform(*(command or ("worker", "--pool", "main")))
        assert ran.returncode == 2, ran.stdout
        assert "Traceback" not in ran.stdout, ran.stdout
        return " ".join(ran.stdout.split())

    return run


def environment_with(environment: TestEnvironment, variables: dict[str, str]) -> TestEnvironment:
    """The same with these variables."""
    from dataclasses import replace

    return replace(environment, variables=variables)


def said(text: str, *words: str) -> None:
    """Each of the words is in it, as are the parts of every such message."""
    for word in ("expected: ", "found: ", *words):
        assert word in text, text


def test_a_module_that_cannot_be_imported_shows_its_last_line(start: Callable[..., str]) -> None:
    text = start("import os\nos.environ['NOT_GIVEN']\n")
    said(text, "to import theirs", "KeyError: 'NOT_GIVEN'", "theirs.py, line 2", "application.variables")


@pytest.mark.slow
def test_a_module_that_is_not_there(start: Callable[..., str]) -> None:
    said(start(GOOD, celery="nobodys:app"), "to import nobodys", "No module named 'nobodys'")


@pytest.mark.slow
def test_a_module_that_ends_the_process(start: Callable[..., str]) -> None:
    said(start("raise SystemExit('no licence')"), "to import theirs", "SystemExit: no licence")


@pytest.mark.slow
def test_a_syntax_error(start: Callable[..., str]) -> None:
    said(start("def (:\n"), "to import theirs", "SyntaxError")


def test_an_attribute_that_is_no_celery_app_names_those_that_are(start: Callable[..., str]) -> None:
    module = "from celery import Celery\nright = Celery('theirs')\napp = 'wrong'\n"
    said(start(module), "a Celery instance app in theirs", "found: a str", "Name one of: right")


@pytest.mark.slow
def test_an_attribute_that_is_not_there(start: Callable[..., str]) -> None:
    said(start("x = 1\n"), "a Celery instance app in theirs", "nothing of that name")


@pytest.mark.slow
def test_a_module_of_tasks_that_cannot_be_imported(start: Callable[..., str]) -> None:
    module = "from celery import Celery\napp = Celery('theirs', include=['nobodys.tasks'])\n"
    said(start(module), "modules of tasks", "No module named 'nobodys'")


@pytest.mark.slow
def test_a_task_without_a_route(start: Callable[..., str]) -> None:
    text = start(GOOD + TASK.format(""), routes=[], default_queue=None)
    said(text, "each task to have a queue", "theirs.work has no queue")


def test_two_routes_for_one_task(start: Callable[..., str]) -> None:
    module = GOOD + "app.conf.task_routes = {'theirs.*': {'queue': 'slow'}}\n" + TASK.format("")
    text = start(module, routes=[{"tasks": "theirs.work", "queue": "mail"}])
    said(text, "one route for each task", "two routes for one task: theirs.work goes to slow", "to mail")


@pytest.mark.slow
def test_two_routes_one_of_them_in_the_tasks_declaration(start: Callable[..., str]) -> None:
    text = start(GOOD + TASK.format(", queue='slow'"), routes=[{"tasks": "theirs.*", "queue": "mail"}])
    said(text, "two routes for one task: theirs.work goes to slow", "to mail")


@pytest.mark.slow
def test_a_route_to_a_queue_that_is_not_there(start: Callable[..., str]) -> None:
    module = GOOD + "app.conf.task_routes = {'theirs.*': {'queue': 'nowhere'}}\n" + TASK.format("")
    said(start(module), "nowhere", "default, mail, slow")


@pytest.mark.slow
def test_a_time_limit_longer_than_the_queues(start: Callable[..., str]) -> None:
    said(start(GOOD + TASK.format(", time_limit=900")), "theirs.work has time_limit=900, queue default has")


def test_another_broker(start: Callable[..., str]) -> None:
    text = start("from celery import Celery\napp = Celery('theirs', broker='redis://me:hush@there/0')\n")
    said(text, "broker_url is 'redis://...@there/0'", "the platform's is 'sqs://'", "is_chosen()")
    assert "hush" not in text


@pytest.mark.slow
def test_another_broker_stops_beat_too(start: Callable[..., str]) -> None:
    said(
        start("from celery import Celery\napp = Celery('theirs', broker='redis://there/0')\n", "beat"), "broker_url is"
    )


@pytest.mark.slow
def test_a_missing_secret(start: Callable[..., str]) -> None:
    text = start(GOOD, secrets={"KEY": {"secret": "absent", "as": "variable"}})
    said(text, "secret", "absent", "KEY")


@pytest.mark.slow
def test_a_secret_that_is_not_in_the_account(
    start: Callable[..., str], environment: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(environment.resolved["secrets"], "gone", "plain/never-made")
    text = start(GOOD, secrets={"KEY": {"secret": "gone", "as": "variable"}})
    said(text, "plain/never-made", "KEY")


@pytest.mark.slow
def test_a_secret_that_may_not_be_read(start: Callable[..., str], environment: TestEnvironment) -> None:
    with refusing_proxy(environment.endpoint) as (endpoint, refusals):
        refusals.status["GetSecretValue"] = 403
        environment.variables["AWS_ENDPOINT_URL"] = endpoint
        try:
            text = start(GOOD, secrets={"KEY": {"secret": "there", "as": "variable"}})
        finally:
            environment.variables["AWS_ENDPOINT_URL"] = environment.endpoint
    said(text, "the value of the variable KEY", "403", "secretsmanager:GetSecretValue")


@pytest.mark.slow
def test_events_on_sqs(start: Callable[..., str]) -> None:
    said(start(GOOD + "app.conf.worker_send_task_events = True\n"), "worker_send_task_events off", "True on sqs")


@pytest.mark.slow
def test_a_program_that_is_not_there(start: Callable[..., str]) -> None:
    said(start(GOOD, "run", "--", "no-such-program"), "a program 'no-such-program'")

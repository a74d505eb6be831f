"""A Flask application whose package is called `app`, as the platform's command is, on each broker."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from .estate import HERE, Application, Estate
from .web import Web, web

PROJECT = HERE / "flask_project"
SETUP = "from app import create_app\nflask = create_app()"


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=pytest.mark.slow) for kind in ("rabbitmq", "amazon_mq", "sqs", "redis")],
)
def process(request: pytest.FixtureRequest, estate: Estate) -> Iterator[Web]:
    """A web process; a worker runs beside it."""
    environment = estate.environment("flask", request.param, {"secret_key": "of-production"})
    with environment.worker("main"), web(Application(environment, PROJECT), SETUP) as made:
        yield made


def test_its_own_unit_tests_run_without_any_environment() -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("CELERY_", "AWS_"))}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=PROJECT, env=variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_request_publishes_a_task_that_runs_in_the_applications_context(process: Web) -> None:
    code = (
        "from app import create_app\nfrom celery import current_app\n"
        "answer = create_app().test_client().post('/letters/Ada').json['id']\n"
        "answer = current_app.AsyncResult(answer).get(timeout=40)"
    )
    assert process.call(code) == "Hello Ada", "GREETING is a variable of the environment file"


def test_a_routed_task_runs(process: Web) -> None:
    code = "from app.tasks import newsletter\nanswer = newsletter.delay(['Ada', 'Grace']).get(timeout=40)"
    assert process.call(code) == ["Hello Ada", "Hello Grace"]


def test_a_task_reads_a_secret(process: Web) -> None:
    assert process.call("from app.tasks import key_length\nanswer = key_length.delay().get(timeout=40)") == 13

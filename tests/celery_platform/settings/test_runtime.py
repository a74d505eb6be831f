"""Wrong or missing settings are reported in words, and importing the app reads nothing."""

import subprocess
import sys
from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.servers import APPLICATION, REPOSITORY

IMPORT_ALL = """
import socket, builtins, pathlib
def refuse(*args, **kwargs):
    raise AssertionError(f"importing opened a connection: {args}")
socket.create_connection = socket.socket.connect = refuse
import exercises.celery, exercises.quick, exercises.default, exercises.effects, exercises.nightly
from celery_platform.settings import runtime
assert runtime.cache_info().currsize == 0, "importing read the settings"
assert not exercises.celery.celery.configured, "importing configured Celery"
import sys
assert not {"pydantic", "boto3"} & set(sys.modules), "importing loads what a producer does not need"
"""


def test_importing_has_no_side_effects() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=REPOSITORY, env={"PATH": "/usr/bin", "PYTHONPATH": str(APPLICATION)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr


def test_no_environment_is_refused() -> None:
    run = _app({}, "worker", "--pool", "io")

    assert run.returncode == 2
    assert "expected: the variable CELERY_ENVIRONMENT_FILE or the option --env" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_account_without_the_parameters_is_refused(sqs: TestEnvironment, tmp_path: Path) -> None:
    file = tmp_path / "resolved.json"
    file.write_text(Path(sqs.variables["CELERY_ENVIRONMENT_FILE"]).read_text().replace("/celery/sqs", "/celery/none"))
    run = _app(sqs.variables | {"CELERY_ENVIRONMENT_FILE": str(file)}, "worker", "--pool", "io")

    assert run.returncode == 2
    assert "found:    none named broker_url, results_url, buckets" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_account_that_does_not_answer_is_refused(sqs: TestEnvironment) -> None:
    run = _app(sqs.variables | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, "beat")

    assert run.returncode == 2
    assert "Could not connect to the endpoint URL" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_pool_is_refused_with_a_list_of_the_known_ones(sqs: TestEnvironment) -> None:
    run = _app(sqs.variables, "worker", "--pool", "oi")

    assert run.returncode == 2
    assert "found:    'oi'\ndo:       Use one of: cpu, io." in run.stderr


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "resolved.json"
    file.write_text("not JSON")
    run = _app({"CELERY_ENVIRONMENT_FILE": str(file)}, "worker", "--pool", "io")

    assert run.returncode == 2
    assert "Run `make render`" in run.stderr


def _app(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "celery_platform", *words], cwd=REPOSITORY, env={"PATH": "/usr/bin"} | variables,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

"""`import app` and `app --help` load nothing heavy. Modules are counted, because seconds depend on the machine."""

import os
import subprocess
import sys

import pytest

from tests.harness.servers import REPOSITORY

# typer itself loads pydantic for commands with options, though not for `app --help`.
HEAVY = {"celery", "kombu", "boto3", "botocore", "redis", "sqlalchemy", "flask", "waitress", "rich", "PIL",
         "opentelemetry", "prometheus_client", "structlog", "urllib3", "yaml"}  # fmt: skip
LOADED = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
HELP = """
import sys
from celery_platform.cli import commands
sys.argv = ["app", {words}]
try:
    commands.commands()
except SystemExit as end:
    assert not end.code
"""


@pytest.mark.parametrize(
    "code",
    ["import app", HELP.format(words="'--help'"), HELP.format(words="'dlq', 'list', '--help'"),
     HELP.format(words="'worker', '--help'")],
    ids=["import app", "app --help", "app dlq list --help", "app worker --help"],
)  # fmt: skip
def test_help_loads_nothing_heavy(code: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.splitlines()[-1].split())
    assert loaded & HEAVY == set()


def test_completion_for_bash_is_printed() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "celery_platform", "--show-completion", "bash"], cwd=REPOSITORY,
        capture_output=True, text=True,
        check=False, env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},  # else the tests' shell
    )  # fmt: skip

    assert "complete" in run.stdout + run.stderr

"""`app process NAME` runs a process as the environment describes it, on hosts, in pods and on a person's machine."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from local_containers.children import ended_with_parent

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

SHOW = "import os, sys; print(os.environ['EXERCISE'], os.environ['OWN'], os.environ['KEY'], sys.argv[1:])"
# Like a server: says when it can be stopped, and what it is stopped with.
SERVE = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


@pytest.fixture
def environment(sqs: TestEnvironment, tmp_path: Path) -> TestEnvironment:
    """An environment with a process that has a variable and a secret of its own, one that serves, and the relay."""

    def process(*command: str, **own: Any) -> dict[str, Any]:
        return {"command": list(command), "replicas": 1, "variables": {}, "secrets": {}} | own

    own = {"variables": {"OWN": "its own"}, "secrets": {"KEY": {"secret": "ledger", "as": "variable"}}}
    processes = {
        "show": process("python", "-c", SHOW, "$HOME", "%n", "", **own),
        "serve": process("python", "-c", SERVE, str(tmp_path / "serves")),
        "relay": process(),
    }
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(sqs.resolved | {"processes": processes}))
    return replace(sqs, variables=sqs.variables | {"CELERY_ENVIRONMENT_FILE": str(file)})


def test_it_has_the_applications_variables_and_its_own_and_its_words_as_they_are(environment: TestEnvironment) -> None:
    done = environment.app("process", "show")

    assert done.returncode == 0, done.stdout
    key = environment.client("secretsmanager").get_secret_value(SecretId=environment.resolved["secrets"]["ledger"])
    assert done.stdout.splitlines() == [f"yes its own {key['SecretString']} ['$HOME', '%n', '']"]


def test_it_is_stopped_with_what_stops_it(environment: TestEnvironment, tmp_path: Path) -> None:
    command = [*ended_with_parent(), sys.executable, "-m", "celery_platform", "process", "serve"]
    with subprocess.Popen(command, env=environment.variables) as process:
        eventually((tmp_path / "serves").exists, "the server")
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 7


@pytest.mark.parametrize("name", ["wbe", "relay"])
def test_one_that_there_is_not_is_answered_with_those_there_are(environment: TestEnvironment, name: str) -> None:
    done = environment.app("process", name)

    assert done.returncode == 2
    assert f"found:    {name!r}" in done.stdout, done.stdout
    assert "Use one of: serve, show." in done.stdout

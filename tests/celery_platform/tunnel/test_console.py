"""Production's console, which runs on its monitoring host: forwarded by the tunnel, opened over the same way in."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from celery_platform.environment import resolve
from celery_platform.release import helm

from tests.console.served import ADDRESS
from tests.harness.environment import described
from tests.harness.processes import free_port, running, wait_for_port

from .conftest import Production, Tunnel, tunnel

pytestmark = pytest.mark.server
PROGRAM = """#!/bin/sh
{command}
"""


@dataclass(frozen=True)
class Opened:
    """The tunnel, and production with a console that runs."""

    tunnel: Tunnel
    production: Production
    audit: Path


def with_console(production: Production, folder: Path) -> Production:
    """Production whose file says that its monitoring host runs a console."""
    environments = folder / "environments"
    shutil.copytree(production.variables["ENVIRONMENTS"], environments)
    file = environments / "prod" / "environment.yml"
    file.write_text(file.read_text() + "console: {runs_on: hosts}\n")
    resolved = resolve(described(file))
    helm.write_values(environments / "prod" / "resolved.json", resolved)
    variables = production.variables | {"ENVIRONMENTS": str(environments), "STATE_FOLDER": str(folder / "state")}
    return replace(production, variables=variables, resolved=resolved)


@pytest.fixture
def opened(production: Production, tmp_path: Path) -> Iterator[Opened]:
    """The monitoring host has `sudo` and what the role celery_console installs, and runs the console."""
    production = with_console(production, tmp_path)
    admissions, audit, port, log = tmp_path / "admissions", tmp_path / "audit.jsonl", free_port(), tmp_path / "log"
    app = f"{sys.executable} -m celery_platform"
    programs = {
        "sudo": 'exec "$@"',
        "celery-console-admit": f'exec {app} console-admit --admissions {admissions} "$@"',
    }
    (tmp_path / "host").mkdir()
    for name, does in programs.items():
        (tmp_path / "host" / name).write_text(PROGRAM.format(command=does))
        (tmp_path / "host" / name).chmod(0o755)
    own = production.variables | {
        "CELERY_ENVIRONMENT_FILE": f"{production.variables['ENVIRONMENTS']}/prod/resolved.json",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    command = [*app.split(), "console", "--port", str(port), "--admissions", str(admissions), "--audit-log", str(audit),
               "--without-application-secrets"]  # fmt: skip
    shell = ["/usr/bin/env", f"PATH={tmp_path / 'host'}:/usr/bin:/bin", "/bin/sh"]
    routes = {"127.0.0.1:8321": f"127.0.0.1:{port}"}
    with running(command, log, own) as process:
        wait_for_port(port, process, log)
        with tunnel(replace(production, routes=routes), tmp_path, "--to", "console", shell=shell) as made:
            made.says("make console ENV=prod")
            yield Opened(made, production, audit)


def test_make_console_prints_an_address_of_the_tunnel_that_opens_the_running_one_once(opened: Opened) -> None:
    with_sessions = replace(
        opened.production, variables={**opened.production.variables, **opened.tunnel.sessions.variables}
    )
    made = with_sessions.app("console", "--env", "prod")

    address = ADDRESS.search(made.stdout.replace("\n", ""))
    assert address, made.stdout + made.stderr
    with httpx2.Client(follow_redirects=True) as browser:
        assert browser.get(address[0]).status_code == 200
        assert browser.get(address[0].partition("/sign-in")[0] + "/queues").status_code == 200
    assert httpx2.get(address[0]).status_code == 401
    assert '"who": "arn:aws:' in opened.audit.read_text()


def test_neither_the_account_nor_the_host_learns_the_token(opened: Opened) -> None:
    with_sessions = replace(
        opened.production, variables={**opened.production.variables, **opened.tunnel.sessions.variables}
    )
    made = with_sessions.app("console", "--env", "prod")

    address = ADDRESS.search(made.stdout.replace("\n", ""))
    assert address, made.stdout + made.stderr
    token = address[0].partition("=")[2]
    assert token not in opened.tunnel.sessions.log.read_text()
    assert "AWS-StartNonInteractiveCommand" in opened.tunnel.sessions.log.read_text()


def test_without_a_tunnel_it_says_what_to_run(production: Production, tmp_path: Path) -> None:
    refused = with_console(production, tmp_path).app("console", "--env", "prod")

    assert refused.returncode == 2
    assert "make tunnel ENV=prod" in refused.stdout + refused.stderr


def test_actions_are_what_the_environment_file_allows(production: Production, tmp_path: Path) -> None:
    refused = with_console(production, tmp_path).app("console", "--env", "prod", "--allow-actions")

    assert refused.returncode == 2
    assert "--here" in refused.stdout + refused.stderr

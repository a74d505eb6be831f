"""Operations on an environment's RabbitMQ cluster, with its own secrets, bucket and workers: `make rabbitmq-<name>`."""

import json
import subprocess

import pytest

from .conftest import ON_RABBITMQ_ALONE, LocalEnvironment, tail

pytestmark = ON_RABBITMQ_ALONE
FIRST = "celery-local-rabbitmq-1"
LOOK_UP = """
import sys
from celery_platform.environment.account import account_variables
from celery_platform.environment.load import load
import boto3, json, os
resolved = json.load(open(os.environ["ENVIRONMENTS"] + "/local/resolved.json"))
os.environ.update(account_variables("local", resolved["region"]))
client = boto3.client("secretsmanager", region_name=resolved["region"])
print(client.get_secret_value(SecretId=resolved["secrets"][sys.argv[1]])["SecretString"])
"""


def _operate(local: LocalEnvironment, name: str) -> str:
    run = local.run("make", f"rabbitmq-{name}")
    assert run.returncode == 0, tail(run)
    return run.stdout


def _secret(local: LocalEnvironment, name: str) -> str:
    run = local.run("python", "-c", LOOK_UP, name)
    assert run.returncode == 0, tail(run)
    return run.stdout.strip()


def _ctl(*words: str) -> str:
    command = ["podman", "exec", FIRST, "rabbitmqctl", "--quiet", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def _policies() -> list[dict[str, object]]:
    return list(json.loads(_ctl("--formatter=json", "list_policies", "--vhost", "celery")))


def _demo_succeeds(local: LocalEnvironment) -> None:
    demo = local.run("app", "run", "--env", "local", "--", "python", "-m", "shop", "demo")
    assert demo.returncode == 0, tail(demo)


def test_credentials_are_rotated_and_tasks_go_on(local: LocalEnvironment) -> None:
    old = _secret(local, "broker_password")

    _operate(local, "rotate_credentials")

    assert _secret(local, "broker_password") != old
    assert _ctl("authenticate_user", "celery", _secret(local, "broker_password"))
    with pytest.raises(subprocess.CalledProcessError):
        _ctl("authenticate_user", "celery", old)
    _demo_succeeds(local)


def test_the_cookie_is_rotated_without_stopping_a_node(local: LocalEnvironment) -> None:
    old, started = _secret(local, "erlang_cookie"), _ctl("eval", "os:getpid().")

    _operate(local, "rotate_erlang_cookie")

    assert _secret(local, "erlang_cookie") != old
    assert _ctl("eval", "os:getpid().") == started
    assert "does not respond" not in _operate(local, "status")


def test_what_was_lost_comes_back_from_the_backup(local: LocalEnvironment) -> None:
    before = _policies()
    assert before
    _operate(local, "backup")
    for policy in before:
        _ctl("clear_policy", "--vhost", "celery", str(policy["name"]))

    _operate(local, "restore")

    assert _policies() == before


def test_nodes_are_restarted_in_turn_and_tasks_go_on(local: LocalEnvironment) -> None:
    started = _ctl("eval", "os:getpid().")

    _operate(local, "rolling_restart")

    assert _ctl("eval", "os:getpid().") != started
    _demo_succeeds(local)

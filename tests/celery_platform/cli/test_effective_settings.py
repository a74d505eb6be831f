"""`app settings --effective` says which values an application has in its environment, and who says each."""

import json
from typing import Any

import pytest

from tests.harness.commands import commands
from tests.harness.environment import TestEnvironment


@pytest.fixture(scope="module")
def printed(rabbitmq: TestEnvironment) -> tuple[dict[str, dict[str, Any]], str]:
    """By setting, and the table."""
    as_json, table = commands(rabbitmq, "settings --effective --json", "settings --effective")
    assert (as_json[0], table[0]) == (0, 0), as_json[1] + table[1]
    return {one.pop("setting"): one for one in json.loads(as_json[1])}, table[1]


def test_what_the_platform_says(printed: tuple[dict[str, dict[str, Any]], str]) -> None:
    assert printed[0]["task_acks_late"] == {"value": True, "set_by": "platform", "owner": "platform"}
    assert printed[0]["result_extended"] == {"value": True, "set_by": "platform", "owner": "either"}


def test_what_the_application_says(printed: tuple[dict[str, dict[str, Any]], str]) -> None:
    assert printed[0]["task_ignore_result"] == {"value": True, "set_by": "application", "owner": "application"}


def test_what_nobody_says_is_left_out(printed: tuple[dict[str, dict[str, Any]], str]) -> None:
    assert "task_track_started" not in printed[0]


def test_no_login_is_printed(printed: tuple[dict[str, dict[str, Any]], str], rabbitmq: TestEnvironment) -> None:
    password = rabbitmq.client("secretsmanager").get_secret_value(SecretId="rabbitmq/broker_password")["SecretString"]

    assert printed[0]["broker_url"]["value"].startswith("amqp://...@127.0.0.1:")
    assert f":{password}@" not in printed[1] + json.dumps(printed[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--python",), "expected --producer beside --python"),
        (("--effective", "--markdown"), "expected --markdown alone"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: tuple[str, ...], said: str, sqs: TestEnvironment) -> None:
    run = sqs.app("settings", *words)

    assert (run.returncode, said in " ".join(run.stdout.split())) == (2, True), run.stdout

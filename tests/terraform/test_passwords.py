"""Users that Terraform created with a throwaway password get the one in Secrets Manager."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import boto3
import pytest

from tests.harness import servers
from tests.harness.processes import free_port

USER = "celery-x-results-app"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An emulated account with an ElastiCache user and the secret with its password."""
    from runner.throwaway import throwaway

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with patch.dict(os.environ), throwaway("eu-west-1"):
        boto3.client("secretsmanager").create_secret(Name="celery-x/results-password", SecretString="s" * 40)
        boto3.client("elasticache").create_user(
            UserId=USER, UserName="celery", Engine="valkey", AccessString="on ~* +@all", Passwords=["b" * 64]
        )
        yield


@pytest.mark.usefixtures("account")
def test_only_a_secret_without_a_value_gets_a_first_one() -> None:
    from runner.first_values import write_first_values

    client = boto3.client("secretsmanager")
    client.create_secret(Name="celery-x/broker-password")
    names = ["celery-x/broker-password", "celery-x/results-password"]

    assert list(write_first_values(names)) == ["celery-x/broker-password now has its first value"]
    first = client.get_secret_value(SecretId=names[0])["SecretString"]
    assert (len(first), first.isalnum()) == (40, True)
    assert list(write_first_values(names)) == []
    assert client.get_secret_value(SecretId=names[0])["SecretString"] == first
    assert client.get_secret_value(SecretId=names[1])["SecretString"] == "s" * 40


@pytest.mark.usefixtures("account")
def test_no_value_is_read_to_see_whether_there_is_one() -> None:
    from runner.first_values import write_first_values

    client = boto3.client("secretsmanager")
    list(write_first_values(["celery-x/results-password"]))

    assert "LastAccessedDate" not in client.describe_secret(SecretId="celery-x/results-password")


@pytest.mark.usefixtures("account")
def test_a_secret_that_no_apply_has_created_is_named_and_none_gets_a_value() -> None:
    from runner.errors import RunError
    from runner.first_values import write_first_values

    client = boto3.client("secretsmanager")
    client.create_secret(Name="celery-x/broker-password")

    with pytest.raises(RunError, match=r"found no celery-x/api-key, celery-x/other\. `make plan` and `make apply`"):
        list(write_first_values(["celery-x/broker-password", "celery-x/other", "celery-x/api-key"]))
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="celery-x/broker-password")


@pytest.mark.usefixtures("account")
def test_a_secret_that_is_scheduled_for_deletion_is_named_with_the_way_back() -> None:
    from runner.errors import RunError
    from runner.first_values import write_first_values

    client = boto3.client("secretsmanager")
    client.create_secret(Name="celery-x/api-key")
    client.delete_secret(SecretId="celery-x/api-key", RecoveryWindowInDays=7)

    with pytest.raises(RunError, match=r"found celery-x/api-key\. undo it with `aws secretsmanager restore-secret"):
        list(write_first_values(["celery-x/results-password", "celery-x/api-key"]))


@pytest.mark.usefixtures("account")
def test_a_store_user_gets_the_secret_once_and_again_after_a_rotation() -> None:
    from runner.passwords import settle_store_users

    def settle() -> list[str]:
        return list(settle_store_users({USER: "results_password"}, {"results_password": "celery-x/results-password"}))

    assert settle() == [f"{USER} now has the password in celery-x/results-password"]
    assert settle() == []
    boto3.client("secretsmanager").put_secret_value(SecretId="celery-x/results-password", SecretString="t" * 40)
    assert len(settle()) == 1


@pytest.fixture
def management(tmp_path: Path) -> Iterator[str]:
    """A real RabbitMQ with management API, whose only user is `celery`, as on Amazon MQ."""
    port = free_port()
    with servers.rabbitmq(tmp_path, port, configuration="default_user = celery\ndefault_pass = first\n"):
        yield f"http://127.0.0.1:{port}"


def test_amazon_mqs_user_gets_the_secret_and_the_first_password_is_dead(management: str) -> None:
    from runner.amazon_mq import Login, Management, settle

    api, wanted, first = Management(management), Login("celery", "wanted"), Login("celery", "first")

    assert len(list(settle(api, wanted, first))) == 1
    assert (api.accepts(wanted), api.accepts(first)) == (True, False)
    assert list(settle(api, wanted, first)) == []


def test_a_password_changed_by_hand_is_an_error_that_says_so(management: str) -> None:
    from runner.amazon_mq import Login, Management, settle
    from runner.errors import RunError

    with pytest.raises(RunError, match="changed it by hand"):
        list(settle(Management(management), Login("celery", "wanted"), Login("celery", "guessed")))


def test_a_broker_that_does_not_answer_is_an_error() -> None:
    from runner.amazon_mq import Login, Management
    from runner.errors import RunError

    with pytest.raises(RunError, match="management API"):
        Management("http://127.0.0.1:9").accepts(Login("celery", "x"))


def test_a_host_that_answers_needs_no_tunnel() -> None:
    from runner.tunnel import reachable

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=listener.accept, daemon=True).start()
        assert reachable("127.0.0.1", listener.getsockname()[1])
    assert not reachable("127.0.0.1", 9)

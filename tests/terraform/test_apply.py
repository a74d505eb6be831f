"""The kinds that the whole-path tests do not bring up are applied for real on the emulated account, and taken away."""

from collections.abc import Callable

import boto3
import pytest

from tests.terraform.conftest import Runner

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("kind", "scheme"), [("redis", "redis://"), ("amazon_mq", "amqps://")])
def test_applies_repeats_and_destroys(
    runner: Runner, emulator: Callable[[], None], kind: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.set_kind("local", kind, monkeypatch)
    emulator()
    assert (planned := runner.run("plan", "local")).returncode == 0, planned.stdout

    applied = runner.run("apply", "local", "--yes")
    assert applied.returncode == 0, applied.stdout
    assert f'"broker_url" = "{scheme}' in applied.stdout

    account = account_client(runner)
    password = account("secretsmanager").get_secret_value(SecretId="celery-local/payment-gateway")["SecretString"]
    bucket = "celery-local-terraform-state-000000000000"
    state = account("s3").get_object(Bucket=bucket, Key="terraform.tfstate")["Body"].read().decode()
    assert len(password) == 40
    assert password not in state

    again = runner.run("plan", "local")
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in again.stdout, again.stdout  # the gap in terraform/README.md

    destroyed = runner.run("destroy", "local", "--yes")
    assert destroyed.returncode == 0, destroyed.stdout
    running = account("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    assert running["Reservations"] == []


def account_client(runner: Runner) -> Callable[[str], object]:
    config = (runner.folder / "environments" / "local" / "aws" / "config").read_text()
    endpoint = next(line.split("=")[1].strip() for line in config.splitlines() if line.startswith("endpoint_url"))
    keys = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "emulated"}
    return lambda service: boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", **keys)

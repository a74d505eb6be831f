"""A locked environment keeps what holds its data, whatever its file asks for: planned and applied for real."""

from collections.abc import Callable, Iterator

import pytest

from tests.terraform.estate import Estate, set_line

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def moving(apply: Callable[[str, str], Estate]) -> Iterator[Estate]:
    """Production on RabbitMQ, locked, whose file now says SQS; as it was afterwards."""
    estate = apply("prod", "rabbitmq")
    file = estate.runner.folder / "environments" / "prod" / "environment.yml"
    set_line(file, "destroy_lock: false", "destroy_lock: true")
    estate.runner.set_kind("prod", "sqs")
    yield estate
    set_line(file, "destroy_lock: true", "destroy_lock: false")
    estate.runner.set_kind("prod", "rabbitmq")
    assert estate.run("plan").returncode == 0


def test_another_broker_is_planned_and_not_applied(moving: Estate) -> None:
    planned = moving.run("plan")
    assert planned.returncode == 0, planned.stdout

    refused = moving.run("apply", "--yes")

    assert refused.returncode != 0
    assert "destroy_lock: false in" in refused.stdout
    assert "aws_ebs_volume.data" in refused.stdout
    assert len(moving.client("ec2").describe_volumes()["Volumes"]) >= 3

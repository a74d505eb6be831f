"""A locked environment keeps resources with data, whatever its file says, on an emulated account."""

import json
import re
from collections.abc import Callable, Iterator

import pytest

from tests.terraform.deployment import Deployment, set_line

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def moving(apply: Callable[[str, str], Deployment]) -> Iterator[Deployment]:
    """Locked production on RabbitMQ, whose file now says SQS. The environment is restored afterwards."""
    deployment = apply("prod", "rabbitmq")
    file = deployment.runner.folder / "environments" / "prod" / "environment.yml"
    set_line(file, "destroy_lock: false", "destroy_lock: true")
    deployment.runner.set_kind("prod", "sqs")
    yield deployment
    set_line(file, "destroy_lock: true", "destroy_lock: false")
    deployment.runner.set_kind("prod", "rabbitmq")
    assert deployment.run("plan").returncode == 0


def test_another_broker_is_planned_and_not_applied(moving: Deployment) -> None:
    planned = moving.run("plan")
    assert planned.returncode == 0, planned.stdout

    refused = moving.run("apply", "--yes")

    assert refused.returncode != 0
    assert "destroy_lock: false in" in refused.stdout
    assert "aws_ebs_volume.data" in refused.stdout
    assert len(moving.client("ec2").describe_volumes()["Volumes"]) >= 3


@pytest.fixture
def growing(apply: Callable[[str, str], Deployment]) -> Iterator[Deployment]:
    """The same with another instance type of the nodes in the file. The environment is restored afterwards."""
    deployment = apply("prod", "rabbitmq")
    file = deployment.runner.folder / "environments" / "prod" / "environment.yml"
    before = file.read_text()
    set_line(file, "destroy_lock: false", "destroy_lock: true")
    file.write_text(re.sub(r"(  rabbitmq: \{.*)m7i\.large", r"\1m7i.xlarge", file.read_text()))
    deployment.runner.set_kind("prod", "rabbitmq")
    yield deployment
    file.write_text(before)
    deployment.runner.set_kind("prod", "rabbitmq")
    assert deployment.run("plan").returncode == 0


def test_another_size_comes_to_one_machine_after_the_other(growing: Deployment) -> None:
    planned = growing.run("plan")
    refused = growing.run("apply", "--yes")
    alone = growing.runner.folder / "alone.json"
    one = growing.run("plan", "--host", "celery-prod-rabbitmq-2", "--json", str(alone))

    assert "3 machines of rabbitmq would stop at the same time" in planned.stdout
    assert refused.returncode != 0
    assert "make plan ENV=prod HOST=celery-prod-rabbitmq-1" in refused.stdout
    assert "stop at the same time" not in one.stdout
    changed = {
        change["address"]: change["change"]["actions"]
        for change in json.loads(alone.read_text())["resource_changes"]
        if change["type"] == "aws_instance" and change["change"]["actions"] != ["no-op"]
    }
    assert changed == {'module.rabbitmq_hosts[0].module.host["celery-prod-rabbitmq-2"].aws_instance.this': ["update"]}

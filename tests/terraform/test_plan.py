"""Every environment and every broker kind can be planned without credentials, with the real provider."""

import pytest
from celery_platform.environment.load import environments_folder, names

from tests.terraform.conftest import Runner

pytestmark = pytest.mark.terraform

# The resources of each kind; resources of the other kinds must not be in its plan.
SIGNS = {
    "sqs": 'module.sqs[0].aws_sqs_queue.this["quick"]',
    "rabbitmq": 'module.rabbitmq_hosts[0].module.host["celery-prod-rabbitmq-1"]',
    "amazon_mq": "module.amazon_mq[0].aws_mq_broker.this",
    "redis": "module.redis_broker[0].aws_elasticache_replication_group.this",
}


def plan(runner: Runner, environment: str) -> str:
    done = runner.run("plan", environment)
    assert done.returncode == 0, done.stdout
    assert "No AWS credentials are configured" in done.stdout
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("Plan: ")
    assert last.endswith(" to add, 0 to change, 0 to destroy.")
    assert not (runner.folder / "state" / environment / "plan").exists()
    return done.stdout


# An environment with its own account, like local, needs that account to be up.
WITHOUT_ACCOUNT = [name for name in names() if not (environments_folder() / name / "aws").exists()]


@pytest.mark.parametrize("environment", WITHOUT_ACCOUNT)
def test_each_environment_of_the_repository_plans_without_credentials(own: Runner, environment: str) -> None:
    plan(own, environment)


@pytest.mark.parametrize("kind", SIGNS)
def test_each_kind_makes_its_own_broker_only(runner: Runner, kind: str) -> None:
    runner.set_kind("prod", kind)
    shown = plan(runner, "prod")
    for other, sign in SIGNS.items():
        assert (sign in shown) is (other == kind), sign
    assert "Deprecated" not in shown
    assert ("sqs:ChangeMessageVisibility" in shown) is (kind == "sqs")

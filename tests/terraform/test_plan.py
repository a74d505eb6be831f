"""Every environment and every broker kind can be planned without credentials, with the real provider."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery_platform.environment.derived import security_rules
from celery_platform.environment.load import environments_folder, names
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.resolve import resolve
from celery_platform.release.records.signature import key_alias

from tests.chart.rendered import render
from tests.harness.environment import PROD, described
from tests.terraform.conftest import Runner, copied

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


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The resources that a plan of production creates."""
    runner = copied(tmp_path_factory.mktemp("production"))
    saved = runner.folder / "plan.json"
    done = runner.run("plan", "prod", "--json", str(saved))
    assert done.returncode == 0, done.stdout
    changes: list[dict[str, Any]] = json.loads(saved.read_text())["resource_changes"]
    return changes


def test_no_value_of_a_secret_is_a_resource(production: list[dict[str, Any]]) -> None:
    """Terraform would write a first value again, over the one in use, when Secrets Manager has deleted that version."""
    kinds = {one["type"] for one in production}

    assert "aws_secretsmanager_secret" in kinds
    assert "aws_secretsmanager_secret_version" not in kinds


def test_releases_are_signed_with_the_key_and_put_where_the_commands_look(production: list[dict[str, Any]]) -> None:
    after = {one["address"]: one["change"]["after"] for one in production}
    name = f"{resolve(described(PROD))['discovery_prefix']}/release_bucket"

    assert after["module.signing_key.aws_kms_alias.this"]["name"] == key_alias(resolve(described(PROD)))
    assert after['module.discovery.aws_ssm_parameter.this["release_bucket"]']["name"] == name


def test_keda_asks_an_address_that_the_load_balancer_listens_on(production: list[dict[str, Any]]) -> None:
    (record,) = (one["change"]["after"]["name"] for one in production if one["type"] == "aws_route53_record")
    ports = {one["change"]["after"]["port"] for one in production if one["type"] == "aws_lb_listener"}
    for scaled in render(PROD, BrokerKind.RABBITMQ, "keda").of("ScaledObject").values():
        asked = {urlsplit(trigger["metadata"]["host"]) for trigger in scaled["spec"]["triggers"]}
        assert {(url.hostname, url.port) for url in asked} <= {(record, port) for port in ports}


def test_the_rules_of_the_broker_are_as_many_as_are_counted_for_the_quota(production: list[dict[str, Any]]) -> None:
    rules = [one["address"] for one in production if one["type"] == "aws_vpc_security_group_ingress_rule"]
    of_broker = [address for address in rules if address.startswith("module.rabbitmq_hosts[0].")]
    of_balancer = [address for address in of_broker if "_rule.load_balancer" in address]
    counted = security_rules.inbound(described(PROD))

    assert len(of_balancer) == counted["the load balancer"]
    assert len(of_broker) - len(of_balancer) == counted["the broker"]

"""Versions that environments run, and until when each is supported."""

import re
from datetime import date

import pytest
from celery_platform.cli.commands import commands
from celery_platform.environment.derived.eks import ADDONS
from celery_platform.environment.load import load
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.support import support_of
from celery_platform.environment.versions import VALKEY, Version, versions
from typer.testing import CliRunner

from tests.harness.servers import REPOSITORY

ENDS = date(2027, 3, 27)


def products(env: object) -> list[str]:
    return [one.product for one in versions(env)]  # type: ignore[arg-type]


def test_an_environment_has_what_its_file_says() -> None:
    env = load("prod")
    amazon_mq = env.model_copy(update={"broker": env.broker.model_copy(update={"kind": BrokerKind.AMAZON_MQ})})
    on_hosts = {name: pool.model_copy(update={"runs_on": "hosts"}) for name, pool in env.pools.items()}

    assert products(env) == ["Kubernetes on EKS", "Debian", "Valkey on ElastiCache"]
    assert Version("RabbitMQ on Amazon MQ", "4.2", "broker.amazon_mq.version") in versions(amazon_mq)
    assert "Kubernetes on EKS" not in products(env.model_copy(update={"pools": on_hosts}))


@pytest.mark.parametrize("version", ADDONS)
def test_each_version_of_kubernetes_that_is_accepted_has_an_end(version: str) -> None:
    known = support_of("Kubernetes on EKS", version)

    assert known is not None
    assert known.until is not None


@pytest.mark.parametrize("release", ["12", "13"])
def test_each_release_of_debian_that_is_accepted_has_an_end(release: str) -> None:
    known = support_of("Debian", release)

    assert known is not None
    assert known.until is not None


def test_valkey_is_the_version_that_terraform_creates() -> None:
    text = (REPOSITORY / "terraform" / "modules" / "elasticache" / "main.tf").read_text()

    assert re.findall(r'engine_version\s*= "([^"]+)"', text) == [VALKEY]
    assert support_of("Valkey on ElastiCache", VALKEY) is not None


@pytest.mark.parametrize(("today", "soon"), [(date(2026, 11, 26), False), (date(2026, 11, 27), True), (ENDS, True)])
def test_an_end_is_near_for_120_days(today: date, soon: bool) -> None:
    assert Version("Kubernetes on EKS", "1.35", "eks.version").ends_soon(today) is soon


def test_a_version_without_an_announced_end_never_ends_soon() -> None:
    assert not Version("RabbitMQ on Amazon MQ", "4.2", "broker.amazon_mq.version").ends_soon(date(2040, 1, 1))
    assert not Version("RabbitMQ on Amazon MQ", "9.9", "broker.amazon_mq.version").ends_soon(date(2040, 1, 1))


@pytest.mark.parametrize(("on", "code", "said"), [("2026-10-01", 0, "177"), ("2027-04-01", 1, "1.35, -5 days")])
def test_the_command_shows_the_days_and_fails_when_one_ends(on: str, code: int, said: str) -> None:
    done = CliRunner().invoke(commands, ["environment", "versions", "prod", "--on", on])

    assert (done.exit_code, said in done.output) == (code, True), done.output

"""Every connection that somebody needs ends at something that listens, through rules, with a secret and an authority.

The whole configuration is applied with a mocked provider. A mock, because it gives each resource an id in seconds, and
rules refer to groups by ids, which no plan knows; `test_connections.py` asks the emulated account for a part of it.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from documentation.connections.applied import Applied, applied
from documentation.connections.environment import connections, followed, rendered
from documentation.connections.table import table

from tests.harness.environment import PROD, described
from tests.terraform.conftest import ROOT

pytestmark = pytest.mark.terraform

Json = dict[str, Any]
Case = tuple[Json, Applied, list[Any]]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Production on RabbitMQ: its values, its resources and its manifests. Tests change copies only."""
    resolved, folder = resolve(described(PROD)), tmp_path_factory.mktemp("production")
    found = applied(resolved, folder)
    return resolved, found, rendered(resolved, found, folder)


def test_every_connection_of_production_can_be_made(production: Case) -> None:
    found = followed(*production)

    workloads = {one.need.workload for one in found}
    assert {
        "autoscaler",
        "beat",
        "exporter",
        "monitoring",
        "people",
        "rabbitmq",
        "worker-cpu",
        "worker-io",
    } <= workloads
    assert [(one.need.workload, one.need.url, one.faults) for one in found if one.faults] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in BrokerKind if kind is not BrokerKind.RABBITMQ])
def test_every_connection_can_be_made_on_each_other_broker(kind: BrokerKind) -> None:
    env = described(PROD)
    resolved = resolve(env.model_copy(update={"broker": env.broker.model_copy(update={"kind": kind})}))

    assert [(one.need.url, one.faults) for one in connections(resolved) if one.faults] == []


def _without_secret(resolved: Json, found: Applied, manifests: list[Any]) -> Case:
    workloads = resolved["workloads"]
    workloads["autoscaler"] = workloads["autoscaler"] | {"secrets": ["broker_password"]}
    return resolved, found, manifests


def _without_authority(resolved: Json, found: Applied, manifests: list[Any]) -> Case:
    (login,) = (one for one in manifests if one["kind"] == "TriggerAuthentication")
    login["spec"]["configMapTargetRef"] = []
    return resolved, found, manifests


def _without_policy(resolved: Json, found: Applied, manifests: list[Any]) -> Case:
    for policy in (one for one in manifests if one["kind"] == "NetworkPolicy"):
        rules = policy["spec"]["egress"]
        policy["spec"]["egress"] = [rule for rule in rules if {"port": 6379, "protocol": "TCP"} not in rule["ports"]]
    return resolved, found, manifests


def _without(part: str) -> Callable[[Json, Applied, list[Any]], Case]:
    """Without the resources whose address has this part."""

    def broken(resolved: Json, found: Applied, manifests: list[Any]) -> Case:
        kept = tuple(one for one in found.resources if part not in one["address"])
        assert len(kept) < len(found.resources)
        return resolved, replace(found, resources=kept), manifests

    return broken


@pytest.mark.parametrize(
    ("broken", "workload", "fault"),
    [
        (
            _without("aws_lb_listener.management"),
            "autoscaler",
            "load balancer celery-prod listens on 5671, not on 15671",
        ),
        (
            _without("aws_lb_target_group_attachment.management"),
            "autoscaler",
            "nothing is behind port 15671 of load balancer celery-prod",
        ),
        (
            _without('ingress_rule.load_balancer_management["eks"]'),
            "autoscaler",
            "no rule of load balancer celery-prod admits cluster celery-prod on port 15671",
        ),
        (
            _without("ingress_rule.from_load_balancer["),
            "beat",
            "no rule between load balancer celery-prod and celery-prod-rabbitmq-1",
        ),
        (
            _without("10.40.0.0/16-6379"),
            "worker-cpu",
            "no rule of celery-prod-worker-cpu-1 lets it out to port 6379",
        ),
        (
            _without("aws_route53_record"),
            "worker-io",
            "nothing of the environment is at rabbitmq.celery-prod.internal",
        ),
        (
            _without('ingress_rule.monitors["monitoring-api'),
            "people",
            "no rule of cluster celery-prod admits celery-prod-monitoring-1 on port 443",
        ),
        (
            _without('ingress_rule.load_balancer["monitoring"]'),
            "people",
            "no rule of load balancer celery-prod admits celery-prod-monitoring-1 on port 5671",
        ),
        (
            _without('ingress_rule.monitors["monitoring-metrics'),
            "monitoring",
            "no rule of pods of cluster celery-prod admits",
        ),
        (_without("ingress_rule.endpoints"), "beat", "no rule of interface endpoints admits cluster celery-prod"),
        (_without_secret, "autoscaler", "autoscaler may not read the secret monitoring_password"),
        (_without_authority, "autoscaler", "autoscaler is not given the certificate of the authority"),
        (_without_policy, "exporter", "a network policy of exporter refuses port 6379"),
    ],
)
def test_what_is_missing_is_found(
    production: Case, broken: Callable[[Json, Applied, list[Any]], Case], workload: str, fault: str
) -> None:
    resolved, found, manifests = production
    faults = [
        text
        for one in followed(*broken(deepcopy(resolved), found, deepcopy(manifests)))
        if one.need.workload == workload
        for text in one.faults
    ]

    assert any(text.startswith(fault) for text in faults), faults


@pytest.mark.slow
def test_the_table_of_production_is_the_generated_one() -> None:
    file = ROOT / "environments" / "prod" / "environment.yml"
    generated = table("prod", connections(resolve(described(file))))

    assert (ROOT / "terraform" / "CONNECTIONS.md").read_text() == generated, "run `make terraform-docs`"

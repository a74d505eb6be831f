"""The console's pod: who reaches it, what it may do, and that it is there only where the file says so."""

from pathlib import Path

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.errors import ChartError
from celery_platform.release import helm

from tests.harness.environment import PROD, described

from .rendered import CONSOLE_IMAGE, LOAD_BALANCER, Json, Rendered, render, render_resolved

KINDS = tuple(BrokerKind)
SHOWN = [(PROD, kind, "keda") for kind in KINDS]
BEHIND = [(PROD, kind, "hpa") for kind in KINDS]


def container(rendered: Rendered) -> Json:
    (found,) = rendered.of("Deployment")["console"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


def policy(rendered: Rendered) -> Json:
    return dict(rendered.of("NetworkPolicy")["console"]["spec"])


def test_without_the_section_there_is_none() -> None:
    rendered = render_resolved(resolve(described(PROD)), BrokerKind.RABBITMQ)

    assert [one for one in rendered.manifests if one["metadata"]["name"] == "console"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_on_the_pods_loopback_nothing_reaches_it_but_a_forwarded_port(kind: BrokerKind) -> None:
    rendered = render(PROD, kind, "keda")

    assert "ingress" not in policy(rendered)
    assert "--admissions=/run/celery/admissions" in container(rendered)["args"]
    assert not [word for word in container(rendered)["args"] if word.startswith(("--address", "--allow", "--behind"))]
    assert container(rendered)["readinessProbe"]["exec"]["command"][0] == "python"


@pytest.mark.parametrize("kind", KINDS)
def test_behind_a_load_balancer_only_addresses_of_the_network_reach_it(kind: BrokerKind) -> None:
    rendered = render(PROD, kind, "hpa")

    (rule,) = policy(rendered)["ingress"]
    assert rule == {
        "from": [{"ipBlock": {"cidr": rendered.resolved["network"]["cidr"]}}],
        "ports": [{"protocol": "TCP", "port": 8321}],
    }
    assert {f"--behind-load-balancer={LOAD_BALANCER}", "--address=0.0.0.0"} <= set(container(rendered)["args"])
    assert container(rendered)["livenessProbe"]["httpGet"] == {"port": "console", "path": "/health"}
    assert rendered.of("Service")["console"]["spec"]["ports"] == [
        {"name": "console", "port": 8321, "targetPort": "console"}
    ]


def test_it_acts_only_if_the_file_allows_it() -> None:
    assert "--allow-actions" not in container(render(PROD, BrokerKind.SQS, "keda"))["args"]
    assert "--allow-actions" in container(render(PROD, BrokerKind.SQS, "hpa"))["args"]


@pytest.mark.parametrize("case", SHOWN + BEHIND, ids=str)
def test_it_is_one_process_without_a_token_of_the_cluster_with_a_role_of_its_own(case: tuple[object, ...]) -> None:
    rendered = render(*case)
    deployment = rendered.of("Deployment")["console"]["spec"]

    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert deployment["template"]["spec"]["serviceAccountName"] == "console"
    assert deployment["template"]["spec"]["automountServiceAccountToken"] is False
    assert rendered.of("ServiceAccount")["console"]["automountServiceAccountToken"] is False
    assert rendered.resolved["workloads"]["console"]["service_account"] == "celery/console"
    assert container(rendered)["image"] == CONSOLE_IMAGE
    assert "prometheus.io/scrape" not in deployment["template"]["metadata"]["annotations"]


def test_an_image_without_a_digest_is_refused(tmp_path: Path) -> None:
    values = tmp_path / "values.json"
    helm.write_values(values, render(PROD, BrokerKind.SQS, "keda").resolved)

    with pytest.raises(ChartError, match="console_image to name a digest"):
        helm.template("-f", str(values), f"--set=image={CONSOLE_IMAGE}", "--set=console_image=app:latest")

"""Processes of the application and the relay of its outbox: Deployments like workers', and a Service for a port."""

from typing import Any

import kubernetes_validate
import pytest
from celery_platform.environment import resolve
from celery_platform.environment.load import parse

from tests.harness.environment import PROD

from . import test_network, test_pods
from .rendered import Rendered, render_resolved
from .test_network import let_out
from .test_schemas import VERSIONS, empty_lists

SECTIONS = """
processes:
  web:
    runs_on: eks
    command: [gunicorn, "$HOME", "%n", mysite.wsgi]
    port: 8000
    health_path: /healthz
    replicas: 3
    stop_timeout_seconds: 40
    calls: [ledger]
  stream: {runs_on: eks, command: [python, -m, stream], port: 9000}
  feed: {runs_on: eks, command: [python, -m, feed], cpu: 0.25, memory_mib: 300}
  elsewhere: {runs_on: hosts, command: [python, -m, elsewhere]}
outbox: {runs_on: eks, calls: [database]}
"""
RUN = ("process-web", "process-stream", "process-feed", "relay")


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    text = PROD.read_text().replace(
        "  buckets: [files]", "  secrets: {CELERY_DATABASE_URL: database_url}\n  buckets: [files]"
    )
    model = parse(f"{text}{SECTIONS}".encode(), PROD)
    return render_resolved(resolve(model), model.broker.kind)


def container(rendered: Rendered, name: str) -> dict[str, Any]:
    (only,) = rendered.pods[name]["spec"]["containers"]
    return dict(only)


def test_those_on_eks_are_deployments_and_those_on_hosts_are_not(rendered: Rendered) -> None:
    found = {name for name in rendered.of("Deployment") if name == "relay" or name.startswith("process-")}

    assert found == set(RUN)


def test_a_process_is_run_by_name_and_reads_its_command_from_the_configuration(rendered: Rendered) -> None:
    assert container(rendered, "process-web")["args"] == ["process", "web"]
    assert container(rendered, "relay")["args"] == ["relay"]
    assert rendered.resolved["processes"]["web"]["command"] == ["gunicorn", "$HOME", "%n", "mysite.wsgi"]


def test_as_many_run_as_the_file_says(rendered: Rendered) -> None:
    replicas = {name: rendered.of("Deployment")[name]["spec"]["replicas"] for name in RUN}

    assert replicas == {"process-web": 3, "process-stream": 2, "process-feed": 2, "relay": 2}


def test_a_process_has_its_cores_and_memory(rendered: Rendered) -> None:
    resources = container(rendered, "process-feed")["resources"]

    assert resources["limits"] == resources["requests"] == {"cpu": 0.25, "memory": "300Mi"}


def test_it_has_the_time_to_stop_after_no_request_is_sent_to_it_any_more(rendered: Rendered) -> None:
    leaves = container(rendered, "process-web")["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert leaves > 0
    assert rendered.pods["process-web"]["spec"]["terminationGracePeriodSeconds"] == 40 + leaves
    assert rendered.pods["process-feed"]["spec"]["terminationGracePeriodSeconds"] == 30
    assert "lifecycle" not in container(rendered, "process-feed")


def test_a_rollout_never_has_fewer_than_before(rendered: Rendered) -> None:
    for name in RUN:
        assert rendered.of("Deployment")[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_each_is_asked_in_its_own_way(rendered: Rendered, probe: str) -> None:
    assert container(rendered, "process-web")[probe]["httpGet"] == {"port": "process", "path": "/healthz"}
    assert container(rendered, "process-stream")[probe]["tcpSocket"] == {"port": "process"}
    assert container(rendered, "relay")[probe]["exec"]["command"] == ["app", "health", probe.removesuffix("Probe")]
    assert probe not in container(rendered, "process-feed")


def test_the_relay_writes_the_heartbeat_that_its_probes_read(rendered: Rendered) -> None:
    variables = {one["name"]: one["value"] for one in container(rendered, "relay")["env"]}

    assert variables["CELERY_HEARTBEAT_FILE"] == "/run/celery/heartbeat"


def test_a_process_with_a_port_is_a_service(rendered: Rendered) -> None:
    services = {name: one["spec"] for name, one in rendered.of("Service").items() if name in RUN}

    assert set(services) == {"process-web", "process-stream"}
    assert services["process-web"]["ports"] == [{"name": "process", "port": 8000, "targetPort": "process"}]
    labels = rendered.pods["process-web"]["metadata"]["labels"]
    assert services["process-web"]["selector"].items() <= labels.items()


def test_it_reaches_the_services_that_it_calls_and_no_others(rendered: Rendered) -> None:
    egress = rendered.resolved["egress"]["services"]
    database = {(egress["database"]["cidr"], port) for port in egress["database"]["ports"]}

    assert database <= let_out(rendered.of("NetworkPolicy")["relay"])
    assert not database & let_out(rendered.of("NetworkPolicy")["process-web"])


def test_it_is_reached_at_its_port_and_at_no_other(rendered: Rendered) -> None:
    policies = rendered.of("NetworkPolicy")
    let_in = {
        name: [port["port"] for rule in policies[name]["spec"].get("ingress", ()) for port in rule["ports"]]
        for name in RUN
    }

    assert let_in == {"process-web": [8000], "process-stream": [9000], "process-feed": [], "relay": []}


def test_prometheus_does_not_look_for_metrics_that_it_has_not(rendered: Rendered) -> None:
    for name in RUN:
        assert "prometheus.io/scrape" not in rendered.pods[name]["metadata"]["annotations"]


def test_its_pods_are_as_restricted_as_the_others(rendered: Rendered) -> None:
    test_pods.test_every_pod_keeps_the_restricted_profile(rendered)
    test_pods.test_no_pod_can_talk_to_kubernetes(rendered)
    test_pods.test_every_pod_runs_as_its_own_service_account(rendered)
    test_pods.test_secrets_that_are_files_have_a_folder_in_memory(rendered)
    test_pods.test_a_budget_lets_one_pod_of_each_component_be_moved_at_a_time(rendered)
    test_pods.test_deployments_select_their_own_pods_and_no_others(rendered)
    test_network.test_every_pod_is_under_exactly_one_policy_that_closes_both_ways(rendered)


def test_no_list_of_its_objects_is_empty(rendered: Rendered) -> None:
    assert [path for one in rendered.manifests for path in empty_lists(one)] == []


@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
def test_its_objects_pass_the_strict_schema(rendered: Rendered, version: str) -> None:
    own = [one for one in rendered.manifests if one["metadata"]["name"] in RUN]

    assert {kubernetes_validate.validate(one, version, strict=True) for one in own} == {version}

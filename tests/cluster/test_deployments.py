"""Level B: `make deploy` on a cluster with nodes that run nothing. Its order, its waiting and its way back are real."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from celery_platform.errors import ChartError
from celery_platform.release.cluster.deploy import Deployment, deploy, recorded, rollback
from celery_platform.release.cluster.tools import Cluster

from tests.chart.rendered import CONSOLE_IMAGE, IMAGE, Json
from tests.harness.waiting import eventually
from tests.release.cluster.conftest import of

from .fake_nodes import ZONES, FakeNodes, fake_nodes
from .live import kubectl, ran
from .whole_chart import whole_chart

pytestmark = pytest.mark.cluster
SWITCH = ("configmap", "amazon-vpc-cni", "--namespace=kube-system")
DEPLOYMENTS = {
    "beat", "console", "deletion-costs", "exporter", "process-feed", "process-stream", "process-web", "relay",
    "worker-cpu", "worker-io",
}  # fmt: skip
# What no build has made: no node pulls it.
OTHER_IMAGE = IMAGE.replace("/app@", "/other@")
RECORD = "92c0b9fa8a11-5a41d0c7"


@pytest.fixture(scope="module")
def nodes() -> Iterator[FakeNodes]:
    """Nodes of these tests. On real ones the pods of an image that nobody has would never be ready."""
    if kubectl("get", "nodes")["items"]:
        pytest.skip("the cluster has nodes, on which the tests' image cannot run")
    with fake_nodes() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def resolved() -> Json:
    """All of the chart, in a namespace of its own. With HPA, because KEDA's definitions would stay."""
    found = json.loads(json.dumps(whole_chart("hpa").resolved))
    found["eks"]["namespace"] = f"celery-test-{secrets.token_hex(3)}"
    return dict(found)


@pytest.fixture(scope="module")
def wanted(nodes: FakeNodes, resolved: Json, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The deployment, whose release and namespace go at the end, while the nodes still let go of their pods."""
    assert nodes
    had_switch = ran("kubectl", "get", *SWITCH, "--ignore-not-found", "--output=name").stdout
    yield replace(of(resolved, tmp_path_factory.mktemp("deployment")), console_image=CONSOLE_IMAGE)
    namespace = resolved["eks"]["namespace"]
    ran("helm", "uninstall", "celery", f"--namespace={namespace}", "--ignore-not-found")
    ran("kubectl", "delete", "namespace", namespace, "--timeout=90s")
    if not had_switch:
        ran("kubectl", "delete", *SWITCH, "--ignore-not-found")


@pytest.fixture(scope="module")
def deployed(wanted: Deployment) -> list[str]:
    """What the first deployment said."""
    said: list[str] = []
    deploy(Cluster(Path(os.environ["KUBECONFIG"])), wanted, said.append)
    return said


def available(namespace: str) -> dict[str, tuple[int, int]]:
    """How many pods each Deployment should have, and how many are available."""
    found = kubectl("get", "deployments", f"--namespace={namespace}")["items"]
    return {
        one["metadata"]["name"]: (one["spec"]["replicas"], one["status"].get("availableReplicas", 0)) for one in found
    }


def test_it_ends_when_every_pod_is_ready(wanted: Deployment, deployed: list[str]) -> None:
    found = available(wanted.resolved["eks"]["namespace"])

    assert deployed[-1] == "release 1 is running"
    assert found.keys() == DEPLOYMENTS
    assert {name: asked for name, (asked, ready) in found.items() if asked != ready} == {}


def test_the_release_command_has_run_before_any_worker(wanted: Deployment, deployed: list[str]) -> None:
    namespace = f"--namespace={wanted.resolved['eks']['namespace']}"
    job = kubectl("get", "job", "release", namespace)
    workers = kubectl("get", "deployments", namespace)["items"]

    assert any(line.endswith(", after its release command ...") for line in deployed)
    assert job["status"]["succeeded"] == 1
    assert job["status"]["completionTime"] <= min(one["metadata"]["creationTimestamp"] for one in workers)


@pytest.mark.usefixtures("deployed")
def test_a_service_leads_to_the_pods_of_its_component_alone(wanted: Deployment) -> None:
    where = f"--namespace={wanted.resolved['eks']['namespace']}"
    component = {
        one["metadata"]["name"]: one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in kubectl("get", "pods", where)["items"]
    }
    reached: dict[str, set[str]] = {}
    for piece in kubectl("get", "endpointslices", where)["items"]:
        service = piece["metadata"]["labels"]["kubernetes.io/service-name"]
        for one in piece["endpoints"] or ():
            reached.setdefault(service, set()).add(component[one["targetRef"]["name"]])

    assert reached == {name: {name} for name in ("console", "process-stream", "process-web")}


@pytest.mark.usefixtures("deployed")
def test_every_pod_is_under_the_network_policy_of_its_component_alone(wanted: Deployment) -> None:
    where = f"--namespace={wanted.resolved['eks']['namespace']}"
    over: dict[str, list[str]] = {}
    for policy in kubectl("get", "networkpolicies", where)["items"]:
        labels = ",".join(f"{key}={value}" for key, value in policy["spec"]["podSelector"]["matchLabels"].items())
        for pod in kubectl("get", "pods", where, f"--selector={labels}")["items"]:
            over.setdefault(pod["metadata"]["name"], []).append(policy["metadata"]["name"])
    pods = kubectl("get", "pods", where)["items"]

    assert over == {one["metadata"]["name"]: [one["metadata"]["labels"]["app.kubernetes.io/component"]] for one in pods}


@pytest.mark.usefixtures("deployed")
def test_no_account_but_that_of_deletion_costs_has_rights_on_the_api(wanted: Deployment) -> None:
    namespace = wanted.resolved["eks"]["namespace"]
    accounts = {
        one["metadata"]["name"] for one in kubectl("get", "serviceaccounts", f"--namespace={namespace}")["items"]
    }

    assert accounts == DEPLOYMENTS | {"release", "default"}
    assert {one for one in accounts if rules_of(one, namespace) != rules_of("nobody", namespace)} == {"deletion-costs"}


def rules_of(account: str, namespace: str) -> list[str]:
    """What an account may do, with what everyone may."""
    asked = {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace},
    }  # fmt: skip
    user = f"--as=system:serviceaccount:{namespace}:{account}"
    # Without the check by kubectl, for which these accounts have no right.
    review = kubectl("create", "--filename=-", "--validate=false", user, data=json.dumps(asked))["status"]
    return sorted(json.dumps(rule) for kind in ("resourceRules", "nonResourceRules") for rule in review[kind])


def running(namespace: str) -> set[str]:
    """The pods that run, by what no other pod ever has."""
    pods = kubectl("get", "pods", f"--namespace={namespace}")["items"]
    return {one["metadata"]["uid"] for one in pods if one["status"]["phase"] == "Running"}


@pytest.mark.usefixtures("deployed")
def test_a_second_deployment_replaces_no_pod(wanted: Deployment) -> None:
    before = running(wanted.resolved["eks"]["namespace"])
    said: list[str] = []
    deploy(Cluster(Path(os.environ["KUBECONFIG"])), wanted, said.append)

    assert said[-1] == "release 2 is running"
    # The HPA may meanwhile have started the workers that a pool has at least.
    assert before <= running(wanted.resolved["eks"]["namespace"])


def images(namespace: str) -> dict[str, str]:
    """The image of each Deployment."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in kubectl("get", "deployments", f"--namespace={namespace}")["items"]
    }


@pytest.mark.usefixtures("deployed")
def test_a_release_command_that_fails_leaves_every_pod_as_it_was(nodes: FakeNodes, wanted: Deployment) -> None:
    namespace = wanted.resolved["eks"]["namespace"]
    before, had = running(namespace), images(namespace)
    nodes.jobs_fail = True
    try:
        with pytest.raises(ChartError, match="release"):
            deploy(Cluster(Path(os.environ["KUBECONFIG"])), replace(wanted, image=OTHER_IMAGE), lambda _: None)
    finally:
        nodes.jobs_fail = False

    assert kubectl("get", "job", "release", f"--namespace={namespace}")["status"]["failed"] == 2
    assert images(namespace) == had
    assert before <= running(namespace)


@pytest.mark.usefixtures("deployed")
def test_it_goes_back_to_the_release_before_and_says_from_which_record_that_was(wanted: Deployment) -> None:
    cluster, said = Cluster(Path(os.environ["KUBECONFIG"])), list[str]()
    deploy(cluster, replace(wanted, image=OTHER_IMAGE, recorded=RECORD), said.append)
    assert said[-1].endswith(f" is running: {RECORD}")
    assert set(images(wanted.resolved["eks"]["namespace"]).values()) == {OTHER_IMAGE, CONSOLE_IMAGE}

    rollback(cluster, wanted.resolved, said.append, 1)

    assert said[-1].endswith("which is release 1 again")
    assert set(images(wanted.resolved["eks"]["namespace"]).values()) == {IMAGE, CONSOLE_IMAGE}
    assert recorded(cluster, wanted.resolved) == ""


@pytest.fixture
def six_workers(wanted: Deployment, deployed: list[str]) -> list[Json]:
    """The pods of a pool of six, all of them ready."""
    assert deployed
    namespace = wanted.resolved["eks"]["namespace"]
    name = "worker-io"
    ran("kubectl", "delete", "hpa", "--all", f"--namespace={namespace}")
    ran("kubectl", "scale", f"deployment/{name}", "--replicas=6", f"--namespace={namespace}")
    eventually(lambda: available(namespace)[name] == (6, 6), "six workers", 60)
    pods = kubectl("get", "pods", f"--namespace={namespace}")["items"]
    return [one for one in pods if one["metadata"]["name"].startswith(name)]


def test_workers_are_spread_over_zones(six_workers: list[Json]) -> None:
    assert sorted(Counter(ZONES[one["spec"]["nodeName"]] for one in six_workers).values()) == [2, 2, 2]


def test_a_second_eviction_waits_for_the_replacement_of_the_first(nodes: FakeNodes, six_workers: list[Json]) -> None:
    def evicted(pod: Json) -> int:
        about = {key: pod["metadata"][key] for key in ("name", "namespace")}
        path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}/eviction"
        answer = nodes.call("POST", path, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": about})
        return int(answer.get("code", 201))

    assert [evicted(pod) for pod in six_workers[:2]] == [201, 429]

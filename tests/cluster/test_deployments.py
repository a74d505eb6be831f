"""Level B: `make deploy` on a cluster with nodes that run nothing. Its order, its waiting and its way back are real."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.release.cluster.deploy import Deployment, deploy, rollback
from celery_platform.release.cluster.tools import Cluster

from tests.chart.rendered import Json, with_command
from tests.harness.waiting import eventually
from tests.release.cluster.conftest import of

from .fake_nodes import ZONES, FakeNodes, fake_nodes
from .live import kubectl, ran

pytestmark = pytest.mark.cluster
SWITCH = ("configmap", "amazon-vpc-cni", "--namespace=kube-system")


@pytest.fixture(scope="module")
def nodes() -> Iterator[FakeNodes]:
    """Nodes of these tests. On real ones the pods of an image that nobody has would never be ready."""
    if kubectl("get", "nodes")["items"]:
        pytest.skip("the cluster has nodes, on which the tests' image cannot run")
    with fake_nodes() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def resolved() -> Json:
    """Production with a release command, in a namespace of its own. With HPA, because KEDA's definitions would stay."""
    found = json.loads(json.dumps(with_command(autoscaler="hpa").resolved))
    found["eks"]["namespace"] = f"celery-test-{secrets.token_hex(3)}"
    return dict(found)


@pytest.fixture(scope="module")
def wanted(nodes: FakeNodes, resolved: Json, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The deployment, whose release and namespace go at the end, while the nodes still let go of their pods."""
    assert nodes
    had_switch = ran("kubectl", "get", *SWITCH, "--ignore-not-found", "--output=name").stdout
    yield of(resolved, tmp_path_factory.mktemp("deployment"))
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
    assert {"beat", "exporter"} < found.keys()
    assert {name: asked for name, (asked, ready) in found.items() if asked != ready} == {}


def test_the_release_command_has_run_before_any_worker(wanted: Deployment, deployed: list[str]) -> None:
    namespace = f"--namespace={wanted.resolved['eks']['namespace']}"
    job = kubectl("get", "job", "release", namespace)
    workers = kubectl("get", "deployments", namespace)["items"]

    assert any(line.endswith(", after its release command ...") for line in deployed)
    assert job["status"]["succeeded"] == 1
    assert job["status"]["completionTime"] <= min(one["metadata"]["creationTimestamp"] for one in workers)


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
    assert running(wanted.resolved["eks"]["namespace"]) == before


@pytest.mark.usefixtures("deployed")
def test_it_goes_back_to_the_release_before(wanted: Deployment) -> None:
    said: list[str] = []
    rollback(Cluster(Path(os.environ["KUBECONFIG"])), wanted.resolved, said.append, 1)

    assert said[-1].endswith("which is release 1 again")


@pytest.fixture
def six_workers(wanted: Deployment, deployed: list[str]) -> list[Json]:
    """The pods of a pool of six, all of them ready."""
    assert deployed
    namespace = wanted.resolved["eks"]["namespace"]
    (name,) = (name for name in available(namespace) if name.startswith("worker-"))
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

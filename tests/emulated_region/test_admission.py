"""The pods that the region creates from the chart's manifests, with the additions of EKS."""

from pathlib import Path
from typing import Any

from emulated_region.admission import TRUST, Admission, Pod, admit, admit_hooks

ACCOUNT = Admission("celery-local", {"AWS_ENDPOINT_URL": "http://10.90.0.10:4566"}, Path("/trust.pem"))


def deployment(name: str, **spec: Any) -> dict[str, Any]:
    container = {
        "name": "worker",
        "env": [{"name": "AWS_REGION", "value": "eu-west-1"}],
        "volumeMounts": [{"name": "run", "mountPath": "/run/celery"}],
        "ports": [{"name": "metrics", "containerPort": 9540}],
    }
    pod = {"terminationGracePeriodSeconds": 50, "containers": [container], "volumes": [{"name": "run", "emptyDir": {}}]}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {**spec, "template": {"spec": pod}}}


def container(of_deployment: dict[str, Any]) -> dict[str, Any]:
    only: dict[str, Any] = of_deployment["spec"]["template"]["spec"]["containers"][0]
    return only


def scaled_to(name: str, minimum: int) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"name": name}, "minReplicaCount": minimum}
    return {"kind": "ScaledObject", "metadata": {"name": name}, "spec": spec}


def pods(*manifests: dict[str, Any]) -> list[Pod]:
    return list(admit(manifests, ACCOUNT))


def test_a_deployment_without_replicas_gets_its_autoscalers_minimum() -> None:
    assert len(pods(deployment("worker-io"), scaled_to("worker-io", 3), scaled_to("worker-cpu", 7))) == 3


def test_a_deployment_with_replicas_gets_those() -> None:
    assert [pod.component for pod in pods(deployment("beat", replicas=2))] == ["beat", "beat"]


def test_a_pod_gets_the_account_and_keeps_what_the_chart_says() -> None:
    (pod,) = pods(deployment("beat", replicas=1))

    variables = {one["name"]: one["value"] for one in pod.manifest["spec"]["containers"][0]["env"]}
    assert variables == {**ACCOUNT.variables, "AWS_REGION": "eu-west-1", "SSL_CERT_FILE": TRUST}


def test_podman_asks_no_probe_for_which_the_image_has_no_program() -> None:
    """It would run curl or nc within the container. Readiness is asked from here."""
    web, relay = deployment("process-web", replicas=1), deployment("relay", replicas=1)
    asks = {"httpGet": {"port": "metrics", "path": "/healthz"}}
    container(web).update(startupProbe=asks, livenessProbe=asks, readinessProbe=asks)
    container(relay).update(livenessProbe={"exec": {"command": ["app", "health", "liveness"]}})

    of_web, of_relay = pods(web, relay)

    assert of_web.readiness == asks
    assert not {"startupProbe", "livenessProbe"} & set(of_web.manifest["spec"]["containers"][0])
    assert "livenessProbe" in of_relay.manifest["spec"]["containers"][0]


def test_a_job_becomes_one_pod_beside_those_that_go_on() -> None:
    job = deployment("release") | {"kind": "Job"}
    job["metadata"]["annotations"] = {"helm.sh/hook-weight": "0"}
    manifests = (job, deployment("beat", replicas=1))

    assert [pod.component for pod in admit_hooks(manifests, ACCOUNT)] == ["release"]
    assert [pod.component for pod in admit(manifests, ACCOUNT)] == ["beat"]


def test_no_two_pods_share_a_volume() -> None:
    one, other = pods(deployment("beat", replicas=2))

    def volumes(pod: Pod) -> set[str]:
        return {volume["name"] for volume in pod.manifest["spec"]["volumes"]}

    assert volumes(one) & volumes(other) == set()
    assert {mount["name"] for mount in one.manifest["spec"]["containers"][0]["volumeMounts"]} == volumes(one)


def test_a_changed_pod_has_another_name_and_an_unchanged_one_the_same() -> None:
    (before,) = pods(deployment("beat", replicas=1))
    changed = deployment("beat", replicas=1)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "another"

    assert pods(deployment("beat", replicas=1))[0].name == before.name
    assert pods(changed)[0].name != before.name


def test_a_changed_configuration_makes_other_pods() -> None:
    configuration = {"kind": "ConfigMap", "metadata": {"name": "celery-local"}, "data": {"resolved.json": "{}"}}

    assert pods(deployment("beat", replicas=1), configuration)[0].name != pods(deployment("beat", replicas=1))[0].name


def test_no_port_is_published_on_this_machine() -> None:
    (pod,) = pods(deployment("beat", replicas=1))

    assert "ports" not in pod.manifest["spec"]["containers"][0]
    assert pod.ports == {"metrics": 9540}


def test_a_pod_that_asks_the_kubernetes_api_is_left_out_because_podman_has_none() -> None:
    asking = deployment("deletion-costs")
    asking["spec"]["template"]["spec"]["volumes"].append({"name": "api", "projected": {"sources": []}})

    assert list(admit([asking], ACCOUNT)) == []

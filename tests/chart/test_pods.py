"""Properties of every pod: restricted, probed without the broker, with the grace period and size of its pool."""

import re

from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.worker.heartbeat_file import STALE_SECONDS

from tests.harness.environment import PROD, described

from .rendered import Rendered, render, render_resolved

UNREACHABLE_FOR_PODS = ("hostNetwork", "hostPID", "hostIPC")
RESTRICTED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
                      "secret"}  # fmt: skip


def test_every_pod_keeps_the_restricted_profile(rendered: Rendered) -> None:
    """Kubernetes' Pod Security Standards, "Restricted", control by control."""
    for name, pod in rendered.pods.items():
        spec = pod["spec"]
        assert not any(spec.get(field) for field in UNREACHABLE_FOR_PODS), name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert all(set(volume) - {"name"} <= RESTRICTED_VOLUMES for volume in spec["volumes"]), name
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert "privileged" not in security, name
            assert not any("hostPort" in port for port in container.get("ports", [])), name


def test_secrets_that_are_files_have_a_folder_in_memory(rendered: Rendered) -> None:
    for name, pod in rendered.pods.items():
        (container,) = pod["spec"]["containers"]
        (folder,) = (entry["value"] for entry in container["env"] if entry["name"] == "RUNTIME_DIRECTORY")
        (mounted,) = (mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == folder)
        (volume,) = (volume for volume in pod["spec"]["volumes"] if volume["name"] == mounted)
        assert volume["emptyDir"]["medium"] == "Memory", name


def test_no_pod_can_talk_to_kubernetes(rendered: Rendered) -> None:
    """But the one that sets deletion costs, which is given a token of its own."""
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in rendered.pods.values())
    given = {name for name, pod in rendered.pods.items() if any("projected" in one for one in pod["spec"]["volumes"])}
    assert given == {"deletion-costs"}


def test_every_pod_runs_as_its_own_service_account(rendered: Rendered) -> None:
    accounts = {name: pod["spec"]["serviceAccountName"] for name, pod in rendered.pods.items()}

    assert accounts == {name: name for name in rendered.pods}
    assert set(accounts) <= set(rendered.of("ServiceAccount"))


def test_no_secret_is_in_any_manifest(rendered: Rendered) -> None:
    assert rendered.of("Secret") == {}
    for pod in rendered.pods.values():
        for variable in pod["spec"]["containers"][0]["env"]:
            assert not re.search("PASSWORD|SECRET|TOKEN|KEY", variable["name"]), variable


def test_every_pool_on_eks_has_a_deployment_and_none_of_the_others(rendered: Rendered) -> None:
    workers = {name for name in rendered.of("Deployment") if name.startswith("worker-")}

    assert workers == {f"worker-{pool}" for pool in rendered.pools}


def test_a_worker_has_the_time_its_longest_task_needs(rendered: Rendered) -> None:
    for name, pool in rendered.pools.items():
        spec = rendered.pods[f"worker-{name}"]["spec"]
        assert spec["terminationGracePeriodSeconds"] == pool["time_budget"]["stop_timeout"]
        assert spec["terminationGracePeriodSeconds"] > pool["time_budget"]["hard_time_limit"]


def test_a_worker_has_the_cores_and_the_memory_of_its_pool(rendered: Rendered) -> None:
    for name, pool in rendered.pools.items():
        resources = rendered.pods[f"worker-{name}"]["spec"]["containers"][0]["resources"]
        assert resources["limits"] == {"cpu": pool["cpu"], "memory": f"{pool['memory_mib']}Mi"}
        assert resources["requests"] == resources["limits"]


def test_a_deploy_adds_workers_before_it_takes_any_and_leaves_their_number_alone(rendered: Rendered) -> None:
    for name in rendered.pools:
        spec = rendered.of("Deployment")[f"worker-{name}"]["spec"]
        assert "replicas" not in spec
        assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_no_probe_asks_the_broker(rendered: Rendered) -> None:
    for name in rendered.pools:
        container = rendered.pods[f"worker-{name}"]["spec"]["containers"][0]
        for probe in ("startup", "readiness", "liveness"):
            assert container[f"{probe}Probe"]["exec"]["command"] == ["app", "health", probe]


def test_a_wedged_worker_is_restarted_within_a_minute(rendered: Rendered) -> None:
    for name in rendered.pools:
        probe = rendered.pods[f"worker-{name}"]["spec"]["containers"][0]["livenessProbe"]
        noticed = STALE_SECONDS + probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
        assert noticed + probe["terminationGracePeriodSeconds"] <= 60


def test_a_budget_lets_one_pod_of_each_component_be_moved_at_a_time(rendered: Rendered) -> None:
    budgets = rendered.of("PodDisruptionBudget")

    assert set(budgets) == set(rendered.pods) - {"exporter", "deletion-costs", "console"}
    for name, budget in budgets.items():
        labels = rendered.pods[name]["metadata"]["labels"]
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert budget["spec"]["maxUnavailable"] == 1


def test_deployments_select_their_own_pods_and_no_others(rendered: Rendered) -> None:
    for name, deployment in rendered.of("Deployment").items():
        selector = deployment["spec"]["selector"]["matchLabels"].items()
        chosen = {other for other, pod in rendered.pods.items() if selector <= pod["metadata"]["labels"].items()}
        assert chosen == {name}


def test_a_change_of_the_configuration_restarts_pods() -> None:
    def checksum(kind: BrokerKind) -> str:
        pod = render(PROD, kind, "keda").pods["beat"]
        return str(pod["metadata"]["annotations"]["checksum/configuration"])

    assert checksum(BrokerKind.SQS) != checksum(BrokerKind.RABBITMQ)


def test_beat_runs_without_a_schedule_in_the_file_too() -> None:
    model = described(PROD)

    rendered = render_resolved(resolve(model.model_copy(update={"schedule": {}})), model.broker.kind)

    assert "beat" in rendered.pods, "it sends the application's own schedule, and delays beyond the broker's"


def test_an_environment_without_a_pool_on_eks_runs_nothing_there() -> None:
    model = described(PROD)
    pools = {name: pool.model_copy(update={"runs_on": "hosts"}) for name, pool in model.pools.items()}

    rendered = render_resolved(resolve(model.model_copy(update={"pools": pools})), model.broker.kind)

    assert {one["kind"] for one in rendered.manifests} == {"ConfigMap"}


def test_who_may_not_create_a_policy_of_the_whole_cluster_deploys_without_deletion_costs() -> None:
    model = described(PROD)
    values = resolve(model) | {"deletion_costs": {"enabled": False}}

    rendered = render_resolved(values, model.broker.kind)

    assert "deletion-costs" not in {one["metadata"]["name"] for one in rendered.manifests}
    assert rendered.of("ValidatingAdmissionPolicy") == {}

"""The nodes on which a pool's pods are scheduled."""

import math
from typing import Any

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.model.existing import ExistingCluster

from tests.harness.environment import PROD, described

from .rendered import Rendered, render, render_resolved


def with_pool(compute: str, **asked: Any) -> Rendered:
    """Production, whose pool `io` requires certain machines; with `existing`, on an existing cluster."""
    env = described(PROD)
    pool = env.pools["io"].model_copy(update=asked)
    existing = ExistingCluster(name="company", security_group="sg-0a1b2c3d") if compute == "existing" else None
    eks = env.eks.model_copy(update={"existing": existing, "compute": "auto" if compute == "auto" else "node_groups"})
    application = env.application.model_copy(update={"release": ("migrate",)})
    changed = env.model_copy(update={"eks": eks, "pools": {**env.pools, "io": pool}, "application": application})
    return render_resolved(resolve(changed), BrokerKind.RABBITMQ)


def test_a_pool_that_asks_for_nothing_shares_the_nodes_of_its_architecture_in_auto_mode() -> None:
    rendered = render(PROD, BrokerKind.RABBITMQ, "keda")

    assert rendered.of("NodePool") == {}
    assert rendered.pods["worker-io"]["spec"]["nodeSelector"] == {"kubernetes.io/arch": "amd64"}


@pytest.mark.parametrize("compute", ["auto", "node_groups", "existing"])
@pytest.mark.parametrize(("size", "kind"), [("m7i.large", "amd64"), ("m7g.large", "arm64")])
def test_pods_of_no_pool_go_to_nodes_that_run_the_pools_image(compute: str, size: str, kind: str) -> None:
    rendered = with_pool(compute, instance_type=size)

    pods = {name: pod["spec"] for name, pod in rendered.pods.items() if not name.startswith("worker-")}
    assert pods.keys() == {"beat", "deletion-costs", "exporter", "release"}
    assert [name for name, spec in pods.items() if spec.get("nodeSelector") != {"kubernetes.io/arch": kind}] == []


def test_an_image_for_both_architectures_runs_anywhere() -> None:
    env = described(PROD)
    other = env.pools["cpu"].model_copy(update={"runs_on": "eks", "instance_type": "c7g.xlarge"})
    changed = env.model_copy(update={"pools": {**env.pools, "cpu": other}})
    rendered = render_resolved(resolve(changed), BrokerKind.RABBITMQ)

    assert "nodeSelector" not in rendered.pods["beat"]["spec"]
    assert rendered.pods["worker-io"]["spec"]["nodeSelector"] == {"kubernetes.io/arch": "amd64"}


def test_spot_capacity_in_auto_mode_is_a_node_pool_of_its_own() -> None:
    rendered = with_pool("auto", capacity="spot", instance_type=None, instance_types=("m7g.large", "m8g.large"))
    spec = rendered.of("NodePool")["celery-prod-io"]["spec"]["template"]

    assert {one["key"]: one["values"] for one in spec["spec"]["requirements"]} == {
        "kubernetes.io/arch": ["arm64"],
        "karpenter.sh/capacity-type": ["spot"],
        "node.kubernetes.io/instance-type": ["m7g.large", "m8g.large"],
    }
    assert spec["metadata"]["labels"] == rendered.pods["worker-io"]["spec"]["nodeSelector"] == {"pool": "io"}
    assert spec["spec"]["terminationGracePeriod"] == f"{rendered.pools['io']['time_budget']['stop_timeout']}s"


@pytest.mark.parametrize(
    ("compute", "selector"), [("node_groups", {"pool": "io"}), ("existing", {"kubernetes.io/arch": "amd64"})]
)
def test_nodes_of_a_node_group_or_of_a_cluster_that_is_there(compute: str, selector: dict[str, str]) -> None:
    rendered = with_pool(compute)

    assert rendered.of("NodePool") == {}
    assert rendered.pods["worker-io"]["spec"]["nodeSelector"] == selector


def test_an_autoscaler_may_remove_a_node_of_every_pod_but_the_release_command() -> None:
    """It keeps nodes whose pods have an emptyDir on disk that nobody called safe (kubernetes/autoscaler, FAQ)."""
    rendered = with_pool("node_groups")
    for name, pod in rendered.pods.items():
        on_disk = {
            one["name"]
            for one in pod["spec"]["volumes"]
            if one.get("emptyDir", {"medium": "Memory"}).get("medium") != "Memory"
        }
        annotations = pod["metadata"]["annotations"]
        safe = annotations.get("cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes", "").split(",")
        assert on_disk == {"tmp"}
        assert (on_disk <= set(safe)) is (name != "release"), name


def test_there_is_a_node_for_each_worker_that_a_rollout_adds_at_the_maximum(rendered: Rendered) -> None:
    for name, pool in rendered.pools.items():
        rolling = rendered.of("Deployment")[f"worker-{name}"]["spec"]["strategy"]["rollingUpdate"]
        # Kubernetes rounds a surge up.
        added = math.ceil(pool["max"] * int(rolling["maxSurge"].removesuffix("%")) / 100)
        assert pool["max_nodes"] == pool["max"] + added


def test_a_rollout_may_wait_for_the_tasks_on_a_node_that_it_needs(rendered: Rendered) -> None:
    """Helm takes a Deployment without progress for failed, and would go back from a healthy release."""
    for name, pool in rendered.pools.items():
        deadline = rendered.of("Deployment")[f"worker-{name}"]["spec"]["progressDeadlineSeconds"]
        assert deadline >= pool["time_budget"]["stop_timeout"] + 600

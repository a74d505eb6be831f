"""The alternative to KEDA: a HorizontalPodAutoscaler on an external metric."""

from .rendered import Rendered


def test_there_is_one_for_each_pool_and_nothing_of_keda(with_hpa: Rendered) -> None:
    assert set(with_hpa.of("HorizontalPodAutoscaler")) == {f"worker-{name}" for name in with_hpa.pools}
    assert with_hpa.of("ScaledObject") == with_hpa.of("TriggerAuthentication") == {}


def test_bounds_and_target_are_those_of_the_environment(with_hpa: Rendered) -> None:
    for name, pool in with_hpa.pools.items():
        spec = with_hpa.of("HorizontalPodAutoscaler")[f"worker-{name}"]["spec"]
        (metric,) = spec["metrics"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == (pool["min"], pool["max"])
        assert metric["external"]["target"] == {
            "type": "AverageValue", "averageValue": str(pool["backlog_per_worker"]),
        }  # fmt: skip


def test_the_metric_is_of_all_the_queues_of_the_pool(with_hpa: Rendered) -> None:
    for name, pool in with_hpa.pools.items():
        (metric,) = with_hpa.of("HorizontalPodAutoscaler")[f"worker-{name}"]["spec"]["metrics"]
        (chosen,) = metric["external"]["metric"]["selector"]["matchExpressions"]
        assert chosen["operator"] == "In"
        assert chosen["values"] == [with_hpa.resolved["queues"][label]["name"] for label in pool["queues"]]


def test_a_change_to_keda_is_not_refused_by_its_webhook(with_hpa: Rendered) -> None:
    """KEDA refuses a ScaledObject whose target has an HPA, unless the HPA says so (keda, scaledobject_webhook.go)."""
    for one in with_hpa.of("HorizontalPodAutoscaler").values():
        assert one["metadata"]["annotations"]["validations.keda.sh/hpa-ownership"] == "false"


def test_a_change_of_the_autoscaler_needs_no_other_name_or_target(with_hpa: Rendered) -> None:
    """Otherwise two autoscalers would set one Deployment's replicas for ever, not only during the upgrade."""
    assert {
        name: one["spec"]["scaleTargetRef"]["name"] for name, one in with_hpa.of("HorizontalPodAutoscaler").items()
    } == {f"worker-{name}": f"worker-{name}" for name in with_hpa.pools}

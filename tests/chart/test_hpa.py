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

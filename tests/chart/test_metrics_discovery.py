"""Prometheus discovers pods with metrics, by annotations or by the Prometheus Operator's PodMonitors.

Fields as in prometheus-operator.dev, "API reference", PodMonitor; Kubernetes has no schema for them.
"""

from pathlib import Path

import jsonschema
import pytest
import yaml
from celery_platform.environment.model import BrokerKind
from celery_platform.errors import ChartError
from celery_platform.release import helm

from tests.harness.environment import PROD

from .rendered import Json, Rendered, render, settings

RELABELING = {
    "type": "object", "additionalProperties": False, "required": ["targetLabel"],
    "properties": {
        "sourceLabels": {"type": "array", "items": {"type": "string", "pattern": "^__meta_kubernetes_pod_"}},
        "targetLabel": {"type": "string"}, "replacement": {"type": "string"},
    },
}  # fmt: skip
POD_MONITOR = {
    "type": "object", "additionalProperties": False, "required": ["selector", "podMetricsEndpoints"],
    "properties": {
        "selector": {"type": "object", "required": ["matchLabels", "matchExpressions"]},
        "podMetricsEndpoints": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "additionalProperties": False, "required": ["port"],
                "properties": {
                    "port": {"const": "metrics"}, "interval": {"type": "string", "pattern": "^[0-9]+s$"},
                    "scrapeTimeout": {"type": "string", "pattern": "^[0-9]+s$"},
                    "relabelings": {"type": "array", "items": RELABELING},
                },
            },
        },
    },
}  # fmt: skip


def with_discovery(way: str, folder: Path) -> Rendered:
    """Production's manifests for a value of `metrics_discovery`."""
    resolved = render(PROD, BrokerKind.RABBITMQ, "keda").resolved
    file = folder / "resolved.json"
    helm.write_values(file, resolved)
    text = helm.template("-f", str(file), *settings(BrokerKind.RABBITMQ), "--set", f"metrics_discovery={way}")
    return Rendered(tuple(one for one in yaml.safe_load_all(text) if one), resolved)


def selects(monitor: Json, pod: Json) -> bool:
    """Whether a PodMonitor's selector takes a pod."""
    labels, selector = pod["metadata"]["labels"], monitor["spec"]["selector"]
    (expression,) = selector["matchExpressions"]
    among = labels[expression["key"]] in expression["values"]
    return selector["matchLabels"].items() <= labels.items() and among is (expression["operator"] == "In")


def has_metrics(pod: Json) -> bool:
    """Whether a container of the pod names the port."""
    return any(
        port["name"] == "metrics" for container in pod["spec"]["containers"] for port in container.get("ports", ())
    )


def test_pods_with_metrics_and_no_others_are_annotated_with_their_port(rendered: Rendered) -> None:
    for name, pod in rendered.pods.items():
        annotations = pod["metadata"]["annotations"]
        assert (annotations.get("prometheus.io/scrape") == "true") is has_metrics(pod), name
        if has_metrics(pod):
            (port,) = pod["spec"]["containers"][0]["ports"]
            assert annotations["prometheus.io/port"] == str(port["containerPort"])


def test_pod_monitors_take_each_pod_with_metrics_once_under_the_jobs_that_alerts_name(tmp_path: Path) -> None:
    rendered = with_discovery("pod_monitors", tmp_path)
    monitors = rendered.of("PodMonitor")

    for monitor in monitors.values():
        jsonschema.validate(monitor["spec"], POD_MONITOR)
    found = {
        name: [job for job, monitor in monitors.items() if selects(monitor, pod)]
        for name, pod in rendered.pods.items()
        if has_metrics(pod)
    }
    assert found == {name: ["celery-exporter" if name == "exporter" else "celery-worker"] for name in found}
    assert len(found) == 1 + len(rendered.pools)
    assert not any("prometheus.io/scrape" in pod["metadata"]["annotations"] for pod in rendered.pods.values())


def test_none_leaves_it_to_somebody_else(tmp_path: Path) -> None:
    rendered = with_discovery("none", tmp_path)

    assert rendered.of("PodMonitor") == {}
    assert not any("prometheus.io/scrape" in pod["metadata"]["annotations"] for pod in rendered.pods.values())


def test_another_way_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="annotations, pod_monitors, none"):
        with_discovery("service_monitors", tmp_path)

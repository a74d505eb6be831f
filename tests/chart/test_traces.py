"""Traces are switched on for pods by environment.yml, and the network policies let them through."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from celery_platform.application.variables import plain_variables
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.model.traces import Traces
from celery_platform.errors import ChartError
from celery_platform.observability import traces
from celery_platform.release import helm
from celery_platform.settings import Runtime
from celery_platform.settings.discovery import Discovery
from celery_platform.settings.resolved import read

from tests.harness.environment import PROD, described

from .rendered import Rendered, render, render_resolved, settings

COLLECTOR = "http://collector.observability:4318"


def with_values(folder: Path, *values: str) -> Rendered:
    """Production's chart with further values."""
    resolved = render(PROD, BrokerKind.RABBITMQ, "keda").resolved
    file = folder / "resolved.json"
    helm.write_values(file, resolved)
    text = helm.template("-f", str(file), *settings(BrokerKind.RABBITMQ), *values)
    return Rendered(tuple(one for one in yaml.safe_load_all(text) if one), resolved)


def variables(pod: dict[str, Any]) -> dict[str, str]:
    (container,) = pod["spec"]["containers"]
    assert len({one["name"] for one in container["env"]}) == len(container["env"])
    return {one["name"]: one["value"] for one in container["env"]}


def opened(rendered: Rendered) -> dict[str, list[dict[str, Any]]]:
    """Of each policy, the rules that open a port to pods other than the cluster's DNS."""
    return {
        name: [rule for rule in policy["spec"]["egress"] if {"namespaceSelector": {}} in rule["to"]]
        for name, policy in rendered.of("NetworkPolicy").items()
    }


def test_by_default_there_are_no_traces_and_nothing_is_open_for_them(rendered: Rendered) -> None:
    assert not any(name.startswith("OTEL") for pod in rendered.pods.values() for name in variables(pod))
    assert not any(opened(rendered).values())


@pytest.mark.parametrize(
    ("endpoint", "cidr", "port"),
    [
        (COLLECTOR, None, 4318),
        ("http://collector", None, 80),
        ("https://collector.example.com/", None, 443),
        ("http://192.0.2.7:4318", "192.0.2.7/32", 4318),
    ],
)
def test_every_process_sends_traces_to_the_collector_and_reaches_it(
    tmp_path: Path, endpoint: str, cidr: str | None, port: int
) -> None:
    env = described(PROD).model_copy(update={"traces": Traces(endpoint=endpoint, ratio=0.1)})
    rendered = render_resolved(resolve(env), BrokerKind.RABBITMQ)

    (tmp_path / "resolved.json").write_text(rendered.of("ConfigMap")["celery-prod"]["data"]["resolved.json"])
    discovery = Discovery("amqp://broker", "redis://results", {})
    found = plain_variables(Runtime(read(tmp_path / "resolved.json"), discovery), "io")
    assert (found[traces.EXPORTER], found["OTEL_EXPORTER_OTLP_ENDPOINT"]) == ("otlp", endpoint)
    assert (found["OTEL_TRACES_SAMPLER"], found["OTEL_TRACES_SAMPLER_ARG"]) == ("parentbased_traceidratio", "0.1")
    for (rule,) in opened(rendered).values():
        assert {"ipBlock": {"cidr": cidr or rendered.resolved["network"]["cidr"]}} in rule["to"]
        assert rule["ports"] == [{"protocol": "TCP", "port": port}]


def test_every_pod_has_the_variables_that_the_values_name(tmp_path: Path) -> None:
    named = ("--set", "variables.CELERY_LOG_FORMAT=console", "--set", "variables.AWS_RETRY_MODE=a b")
    rendered = with_values(tmp_path, *named)

    for pod in rendered.pods.values():
        assert variables(pod).items() >= {"CELERY_LOG_FORMAT": "console", "AWS_RETRY_MODE": "a b"}.items()


@pytest.mark.parametrize("name", ["CELERY_ENVIRONMENT_FILE", "AWS_REGION", "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
def test_a_variable_that_the_chart_sets_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChartError, match=f"expected variables without those that the chart sets; found {name}"):
        with_values(tmp_path, "--set", f"variables.{name}=other")


def test_the_value_of_earlier_charts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match="section `traces`"):
        with_values(tmp_path, "--set", f"traces.endpoint={COLLECTOR}")

"""Traces and the platform's own variables can be switched on for pods, without a change of the image."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery_platform.environment.model import BrokerKind
from celery_platform.errors import ChartError
from celery_platform.observability import traces
from celery_platform.release import helm

from tests.harness.environment import PROD

from .rendered import Rendered, render, settings

COLLECTOR = "http://collector.observability:4318"


def with_values(folder: Path, *values: str) -> Rendered:
    """Production's chart with further values."""
    resolved = render(PROD, BrokerKind.RABBITMQ, "keda").resolved
    file = folder / "resolved.json"
    file.write_text(json.dumps(resolved))
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
    ("endpoint", "port"), [(COLLECTOR, 4318), ("http://collector", 80), ("https://collector.example.com/", 443)]
)
def test_every_pod_sends_traces_to_the_collector_and_reaches_it(tmp_path: Path, endpoint: str, port: int) -> None:
    rendered = with_values(tmp_path, "--set", f"traces.endpoint={endpoint}", "--set", "traces.ratio=0.1")

    for pod in rendered.pods.values():
        found = variables(pod)
        assert (found[traces.EXPORTER], found["OTEL_EXPORTER_OTLP_ENDPOINT"]) == ("otlp", endpoint)
        assert (found["OTEL_TRACES_SAMPLER"], found["OTEL_TRACES_SAMPLER_ARG"]) == ("parentbased_traceidratio", "0.1")
    for (rule,) in opened(rendered).values():
        assert {"ipBlock": {"cidr": rendered.resolved["network"]["cidr"]}} in rule["to"]
        assert rule["ports"] == [{"protocol": "TCP", "port": port}]


@pytest.mark.parametrize("endpoint", ["collector.observability:4318", "collector", "grpc://collector:4317"])
def test_a_collector_without_the_scheme_of_its_url_is_refused(tmp_path: Path, endpoint: str) -> None:
    """A policy would open port 80 for it."""
    with pytest.raises(ChartError, match=r"expected traces\.endpoint to be a URL such as http://"):
        with_values(tmp_path, "--set", f"traces.endpoint={endpoint}")


def test_every_pod_has_the_variables_that_the_values_name(tmp_path: Path) -> None:
    named = ("--set", "variables.CELERY_LOG_FORMAT=console", "--set", "variables.AWS_RETRY_MODE=a b")
    rendered = with_values(tmp_path, *named)

    for pod in rendered.pods.values():
        assert variables(pod).items() >= {"CELERY_LOG_FORMAT": "console", "AWS_RETRY_MODE": "a b"}.items()


@pytest.mark.parametrize("name", ["CELERY_ENVIRONMENT_FILE", "AWS_REGION", "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
def test_a_variable_that_the_chart_sets_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChartError, match=f"expected variables without those that the chart sets; found {name}"):
        with_values(tmp_path, "--set", f"variables.{name}=other")

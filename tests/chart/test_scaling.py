"""What scales a pool other than the length of its queues: waiting time, and windows."""

from typing import Any

import jsonschema
import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.model.windows import Window
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.reading import Reading
from celery_platform.settings.resolved import read

from tests.harness.environment import PROD, described

from .rendered import Rendered, render_resolved
from .test_keda import COUNT, SCALED_OBJECT, TEXT, closed

OFFICE = Window(start="45 7 * * 1-5", end="0 18 * * 1-5", min=8, timezone="Europe/Berlin")
# keda, v2.20.2 and v2.17.0: metrics_api_scaler.go and cron_scaler.go.
METADATA = {
    "metrics-api": closed(
        ("url", "format", "valueLocation", "targetValue"),
        url={"type": "string", "pattern": r"^http://[a-z.-]+:[0-9]+/metrics$"}, format={"const": "prometheus"},
        valueLocation=TEXT, targetValue=COUNT,
    ),
    "cron": closed(
        ("timezone", "start", "end", "desiredReplicas"), timezone=TEXT, start=TEXT, end=TEXT, desiredReplicas=COUNT,
    ),
}  # fmt: skip


def scaled(kind: BrokerKind = BrokerKind.RABBITMQ, autoscaler: str = "keda", **pool: Any) -> Rendered:
    """Production's chart with changes to its pool on EKS."""
    env = described(PROD)
    broker = env.broker.model_copy(update={"kind": kind})
    pools = {**env.pools, "io": env.pools["io"].model_copy(update=pool)}
    changed = env.model_copy(update={"pools": pools, "broker": broker, "autoscaler": autoscaler})
    return render_resolved(resolve(changed), kind)


def spec_of(rendered: Rendered) -> dict[str, Any]:
    """The ScaledObject of the pool; it has only fields that KEDA has."""
    found: dict[str, Any] = rendered.of("ScaledObject")["worker-io"]["spec"]
    for trigger in found["triggers"]:
        if trigger["type"] in METADATA:
            jsonschema.validate(trigger["metadata"], METADATA[trigger["type"]])
    triggers = SCALED_OBJECT["properties"]["triggers"]["items"]["properties"]["type"]["enum"]
    schema = {**SCALED_OBJECT, "properties": {**SCALED_OBJECT["properties"], "triggers": {"type": "array"}}}
    jsonschema.validate(found, schema)
    assert {trigger["type"] for trigger in found["triggers"]} <= {*triggers, *METADATA}
    return found


def value(formula: str, values: dict[str, int]) -> float:
    """A formula of ours with these values; its language (expr-lang.org) has the same sum, product and max."""
    return float(eval(formula, {"max": max}, values))  # noqa: S307 - rendered by the chart


@pytest.mark.parametrize("kind", list(BrokerKind))
def test_keda_asks_the_exporter_for_the_workers_of_a_pool_that_is_scaled_on_waiting_time(kind: BrokerKind) -> None:
    rendered = scaled(kind, scale_on="wait")
    spec = spec_of(rendered)
    (trigger,) = spec["triggers"]

    assert trigger["metadata"]["url"] == "http://exporter.celery.svc:9540/metrics"
    assert (spec["advanced"]["scalingModifiers"]["formula"], spec["advanced"]["scalingModifiers"]["target"]) == (
        "workers_wanted",
        "1",
    )
    (service,) = rendered.of("Service").values()
    (exporter,) = (one for name, one in rendered.pods.items() if name == "exporter")
    (container,) = exporter["spec"]["containers"]
    assert service["spec"]["selector"].items() <= exporter["metadata"]["labels"].items()
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [port["name"] for port in container["ports"]]


def test_what_is_asked_for_is_what_the_exporter_serves(tmp_path: Any) -> None:
    rendered = scaled(scale_on="wait")
    (tmp_path / "resolved.json").write_text(rendered.of("ConfigMap")["celery-prod"]["data"]["resolved.json"])
    last_poll = LastPoll(read(tmp_path / "resolved.json"), 10)
    last_poll.remember(Reading({}), 0)

    samples = [sample for family in LastPollCollector(last_poll).collect() for sample in family.samples]

    (asked,) = (trigger["metadata"]["valueLocation"] for trigger in spec_of(rendered)["triggers"])
    served = [f'{one.name}{{pool="{one.labels["pool"]}"}}' for one in samples if "pool" in one.labels]
    assert asked in served


def test_an_hpa_asks_for_the_same_metric() -> None:
    hpa = scaled(autoscaler="hpa", scale_on="wait").of("HorizontalPodAutoscaler")["worker-io"]

    (metric,) = hpa["spec"]["metrics"]
    assert metric["external"] == {
        "metric": {"name": "celery_pool_workers_wanted", "selector": {"matchLabels": {"pool": "io"}}},
        "target": {"type": "AverageValue", "averageValue": "1"},
    }


def test_without_such_a_pool_nothing_has_a_service(rendered: Rendered) -> None:
    assert rendered.of("Service").keys() <= {"console"}


@pytest.mark.parametrize(("scale_on", "target"), [("length", 64), ("wait", 1)])
@pytest.mark.parametrize("outside", [0, 1])
def test_a_window_asks_for_its_workers_and_outside_for_none(scale_on: str, target: int, outside: int) -> None:
    """Outside, KEDA 2.17 says 1 and 2.18 says 0; with a minimum of 0 no window may keep a worker."""
    spec = spec_of(scaled(scale_on=scale_on, windows={"office": OFFICE}, min=0))
    (trigger,) = (one for one in spec["triggers"] if one["type"] == "cron")
    modifiers = spec["advanced"]["scalingModifiers"]
    nothing = {one["name"]: 0 for one in spec["triggers"]}

    def workers(said: int) -> float:
        return value(modifiers["formula"], {**nothing, trigger["name"]: said}) / target

    assert modifiers["target"] == str(target)
    assert workers(int(trigger["metadata"]["desiredReplicas"])) == OFFICE.min
    assert workers(outside) == 0
    assert (trigger["metadata"]["start"], trigger["metadata"]["end"]) == (OFFICE.start, OFFICE.end)
    assert trigger["metadata"]["timezone"] == OFFICE.timezone


def test_within_a_window_a_longer_backlog_still_decides() -> None:
    spec = spec_of(scaled(windows={"office": OFFICE}))
    values = {one["name"]: 400 for one in spec["triggers"]} | {"window_office": OFFICE.min + 1}

    assert value(spec["advanced"]["scalingModifiers"]["formula"], values) == 1_200


def test_how_often_an_empty_pool_is_looked_at_comes_from_the_environment() -> None:
    rendered = scaled(min=0)
    pool = rendered.resolved["pools"]["io"]

    assert spec_of(rendered)["pollingInterval"] == pool["poll_seconds"]
    assert spec_of(rendered)["cooldownPeriod"] == pool["idle_seconds"]

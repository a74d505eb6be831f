"""Check KEDA's objects against its documentation (keda.sh/docs/2.18: "ScaledObject specification", the three scalers).

Kubernetes has no schema for them, so this file lists the permitted fields with their types.
"""

from typing import Any

import jsonschema
import pytest
import yaml
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.release import helm

from tests.harness.environment import PROD, described

from .rendered import AUTHORITY, Rendered, render, render_resolved

TEXT = {"type": "string", "minLength": 1}
FLAG = {"enum": ["true", "false"]}
COUNT = {"type": "string", "pattern": "^[1-9][0-9]*$"}


def closed(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """The schema of an object with only these fields. KEDA ignores unknown fields, and so hides typing errors."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


METADATA = {
    "rabbitmq": closed(
        ("protocol", "host", "mode", "queueName", "value"),
        protocol={"const": "http"}, host={"type": "string", "pattern": "^https?://[^/@]+/$"}, vhostName=TEXT,
        mode={"const": "QueueLength"}, queueName=TEXT, value=COUNT, excludeUnacknowledged={"const": "false"},
        timeout=COUNT,
    ),
    "aws-sqs-queue": closed(
        ("queueURL", "awsRegion", "queueLength"),
        queueURL=TEXT, awsRegion=TEXT, queueLength=COUNT, scaleOnInFlight={"const": "true"},
    ),
    "redis": closed(
        ("address", "listName", "listLength"),
        address={"type": "string", "pattern": "^[^/@]+:[0-9]+$"}, enableTLS=FLAG,
        databaseIndex={"type": "string", "pattern": "^[0-9]+$"}, listName=TEXT, listLength=COUNT,
    ),
}  # fmt: skip
POLICY = closed(
    ("type", "value", "periodSeconds"),
    type={"enum": ["Pods", "Percent"]}, value={"type": "integer", "minimum": 1},
    periodSeconds={"type": "integer", "minimum": 1, "maximum": 1800},
)  # fmt: skip
DIRECTION = closed(
    ("policies",),
    stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3600},
    selectPolicy={"enum": ["Max", "Min", "Disabled"]}, policies={"type": "array", "items": POLICY, "minItems": 1},
)  # fmt: skip
SCALED_OBJECT = closed(
    ("scaleTargetRef", "triggers"),
    scaleTargetRef=closed(("name",), name=TEXT),
    minReplicaCount={"type": "integer", "minimum": 0},
    maxReplicaCount={"type": "integer", "minimum": 1},
    pollingInterval={"type": "integer", "minimum": 1},
    cooldownPeriod={"type": "integer", "minimum": 0},
    fallback=closed(
        ("failureThreshold", "replicas"),
        failureThreshold={"type": "integer", "minimum": 1}, replicas={"type": "integer", "minimum": 1},
        behavior={"enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]},
    ),
    advanced=closed(
        (),
        horizontalPodAutoscalerConfig=closed((), behavior=closed((), scaleUp=DIRECTION, scaleDown=DIRECTION)),
        scalingModifiers=closed(
            ("formula", "target"),
            formula=TEXT, target=COUNT, activationTarget={"type": "string", "pattern": "^[0-9]+$"},
            metricType={"enum": ["AverageValue", "Value"]},
        ),
    ),
    triggers={
        "type": "array", "minItems": 1,
        "items": closed(
            ("type", "name", "metadata"),
            type={"enum": list(METADATA)}, name={"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            metadata={"type": "object"}, authenticationRef=closed(("name",), name=TEXT),
        ),
    },
)  # fmt: skip
PARAMETER = closed(("parameter", "name"), parameter=TEXT, name=TEXT, key=TEXT)
AUTHENTICATION = closed(
    (),
    podIdentity=closed(("provider",), provider={"const": "aws"}),
    configMapTargetRef={"type": "array", "items": PARAMETER},
    awsSecretManager=closed(
        ("secrets",),
        podIdentity=closed(("provider",), provider={"const": "aws"}), region=TEXT,
        secrets={"type": "array", "items": PARAMETER, "minItems": 1},
    ),
)  # fmt: skip


def test_every_field_is_one_that_keda_documents(with_keda: Rendered) -> None:
    for scaled in with_keda.of("ScaledObject").values():
        jsonschema.validate(scaled["spec"], SCALED_OBJECT)
        for trigger in scaled["spec"]["triggers"]:
            jsonschema.validate(trigger["metadata"], METADATA[trigger["type"]])
    for authentication in with_keda.of("TriggerAuthentication").values():
        jsonschema.validate(authentication["spec"], AUTHENTICATION)


def test_the_oldest_keda_is_said_once_and_repeated_in_the_readme() -> None:
    """2.17.0 is the first with `fallback.behavior` (kedacore/keda, CHANGELOG.md, #6450); all other fields are older."""
    least = yaml.safe_load((helm.chart() / "Chart.yaml").read_text())["annotations"]["keda/least"]

    assert least == "2.17.0"
    assert f"KEDA from {least} on" in (helm.chart() / "README.md").read_text()


def test_every_pool_is_scaled_within_the_bounds_of_the_environment(with_keda: Rendered) -> None:
    scaled = with_keda.of("ScaledObject")

    assert set(scaled) == {f"worker-{name}" for name in with_keda.pools}
    for name, pool in with_keda.pools.items():
        spec = scaled[f"worker-{name}"]["spec"]
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (pool["min"], pool["max"])
        assert spec["scaleTargetRef"]["name"] in with_keda.of("Deployment")


def test_the_backlog_is_the_sum_of_all_triggers(with_keda: Rendered) -> None:
    """Without a formula, the largest trigger decides, as if the pool's other queues were empty."""
    for scaled in with_keda.of("ScaledObject").values():
        names = [trigger["name"] for trigger in scaled["spec"]["triggers"]]
        assert scaled["spec"]["advanced"]["scalingModifiers"]["formula"].split(" + ") == names
        assert len(set(names)) == len(names)


def test_every_queue_of_a_pool_has_a_trigger(with_keda: Rendered) -> None:
    keys = {"rabbitmq": "queueName", "aws-sqs-queue": "queueURL", "redis": "listName"}
    for name, pool in with_keda.pools.items():
        triggers = with_keda.of("ScaledObject")[f"worker-{name}"]["spec"]["triggers"]
        found = {trigger["metadata"][keys[trigger["type"]]].rpartition(":")[2] for trigger in triggers}
        assert {with_keda.resolved["queues"][label]["name"] for label in pool["queues"]} <= found


def test_scaling_in_is_slower_than_a_stop(with_keda: Rendered) -> None:
    for name, pool in with_keda.pools.items():
        behavior = with_keda.of("ScaledObject")[f"worker-{name}"]["spec"]["advanced"]["horizontalPodAutoscalerConfig"][
            "behavior"
        ]
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= min(3600, pool["time_budget"]["stop_timeout"])
        assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0


def test_every_authentication_that_is_named_exists(with_keda: Rendered) -> None:
    for scaled in with_keda.of("ScaledObject").values():
        assert {
            one["authenticationRef"]["name"] for one in scaled["spec"]["triggers"] if "authenticationRef" in one
        } <= set(with_keda.of("TriggerAuthentication"))


@pytest.mark.parametrize(
    ("kind", "secret"),
    [(BrokerKind.RABBITMQ, "monitoring_password"), (BrokerKind.AMAZON_MQ, "broker_password")],
)
def test_the_password_of_who_may_look_is_read_from_secrets_manager_by_name(kind: BrokerKind, secret: str) -> None:
    rendered = render(PROD, kind, "keda")
    spec = rendered.of("TriggerAuthentication")["broker"]["spec"]

    assert [one["name"] for one in spec["awsSecretManager"]["secrets"]] == [rendered.resolved["secrets"][secret]]
    (user,) = (one for one in spec["configMapTargetRef"] if one["parameter"] == "username")
    wanted = "monitoring_user" if secret == "monitoring_password" else "user"
    assert rendered.of("ConfigMap")[user["name"]]["data"][user["key"]] == rendered.resolved["broker"][wanted]


def test_the_operator_trusts_the_authority_of_a_self_managed_broker_and_of_no_other(with_keda: Rendered) -> None:
    authority = "broker_ca" in with_keda.resolved["secrets"]
    for one in with_keda.of("TriggerAuthentication").values():
        parameters = {each["parameter"]: each for each in one["spec"].get("configMapTargetRef", [])}
        assert ("ca" in parameters) is ("tls" in parameters) is authority
        if authority:
            data = with_keda.of("ConfigMap")[parameters["ca"]["name"]]["data"]
            assert data[parameters["ca"]["key"]] == AUTHORITY


@pytest.mark.parametrize(("least", "polled"), [(0, True), (1, False)])
def test_only_a_pool_that_may_have_no_worker_is_polled(least: int, polled: bool) -> None:
    """Elsewhere the two settings have no effect, and KEDA's webhook warns at every install."""
    env = described(PROD)
    pools = {**env.pools, "io": env.pools["io"].model_copy(update={"min": least})}
    rendered = render_resolved(resolve(env.model_copy(update={"pools": pools})), BrokerKind.RABBITMQ)
    spec = rendered.of("ScaledObject")["worker-io"]["spec"]

    assert ({"pollingInterval", "cooldownPeriod"} <= set(spec)) is polled
    assert ({"pollingInterval", "cooldownPeriod"} & set(spec) != set()) is polled


def test_the_role_of_the_operator_reads_the_secrets_that_it_is_asked_for_and_no_other(with_keda: Rendered) -> None:
    """KEDA reads them with its own role; if it may not, no pool scales."""
    asked = {
        secret["name"]
        for one in with_keda.of("TriggerAuthentication").values()
        for secret in one["spec"].get("awsSecretManager", {}).get("secrets", [])
    }
    labels = with_keda.resolved["workloads"]["autoscaler"]["secrets"]

    assert {with_keda.resolved["secrets"][label] for label in labels} == asked


def test_a_typing_error_in_a_trigger_is_found() -> None:
    (scaled,) = render(PROD, BrokerKind.SQS, "keda").of("ScaledObject").values()
    metadata = scaled["spec"]["triggers"][0]["metadata"] | {"scaleOnInflight": "true"}

    with pytest.raises(jsonschema.ValidationError, match="scaleOnInflight"):
        jsonschema.validate(metadata, METADATA["aws-sqs-queue"])

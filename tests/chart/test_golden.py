"""The manifests as golden files, so that a reviewer sees the effect of a change of the chart or an environment.

UPDATE_GOLDEN=1 pytest tests/chart/test_golden.py
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery_platform.environment.model import BrokerKind

from tests.harness.environment import PROD

from .rendered import render

GOLDEN = Path(__file__).parent / "golden"
SCALING = {"ScaledObject", "TriggerAuthentication", "HorizontalPodAutoscaler"}
CASES = {
    "prod": ((PROD, BrokerKind.RABBITMQ, "keda"), None),
    "scaling-amazon_mq": ((PROD, BrokerKind.AMAZON_MQ, "keda"), SCALING),
    "scaling-redis": ((PROD, BrokerKind.REDIS, "keda"), SCALING),
    "scaling-sqs": ((PROD, BrokerKind.SQS, "keda"), SCALING),
    "scaling-hpa": ((PROD, BrokerKind.SQS, "hpa"), SCALING),
}


def reviewed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Remove the copy of resolved.json, which is committed already, and its checksum."""
    if manifest["kind"] == "ConfigMap":
        return manifest | {"data": {**manifest["data"], "resolved.json": "..."}}
    if manifest["kind"] == "Deployment":
        copy: dict[str, Any] = yaml.safe_load(yaml.safe_dump(manifest))
        copy["spec"]["template"]["metadata"]["annotations"]["checksum/configuration"] = "..."
        return copy
    return manifest


@pytest.mark.parametrize("name", CASES)
def test_the_manifests_are_those_that_were_reviewed(name: str) -> None:
    case, kinds = CASES[name]
    manifests = [one for one in render(*case).manifests if kinds is None or one["kind"] in kinds]
    text = yaml.safe_dump_all([reviewed(one) for one in manifests], sort_keys=False, width=120)

    file = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert file.read_text() == text, f"UPDATE_GOLDEN=1 pytest {__file__} writes {file}"

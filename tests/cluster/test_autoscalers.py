"""Level A: a change of `autoscaler` in environment.yml is one upgrade, in both directions."""

from pathlib import Path

import pytest
from celery_platform.environment.model import BrokerKind

from tests.chart.rendered import render
from tests.harness.environment import PROD

from .live import Release, kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("keda")]


def scaled_by(release: Release, kind: str) -> set[str]:
    """The names of the autoscalers of a kind, without those that KEDA makes."""
    found = kubectl("get", kind, f"--namespace={release.namespace}")["items"]
    return {one["metadata"]["name"] for one in found if not one["metadata"].get("ownerReferences")}


def test_each_autoscaler_takes_the_place_of_the_other(namespace: str, tmp_path: Path) -> None:
    release = Release(namespace, tmp_path, BrokerKind.RABBITMQ)
    resolved = {name: render(PROD, BrokerKind.RABBITMQ, name).resolved for name in ("keda", "hpa")}
    pools = {name for name, pool in resolved["hpa"]["pools"].items() if pool["runs_on"] == "eks"}
    release.upgrade(resolved["hpa"])
    try:
        for now in ("keda", "hpa", "keda"):
            assert release.upgrade(resolved[now]) == ""

            scaled = {"keda": scaled_by(release, "scaledobjects.keda.sh"), "hpa": scaled_by(release, "hpa")}
            assert {name: len(found) for name, found in scaled.items()} == {
                name: len(pools) if name == now else 0 for name in scaled
            }
    finally:
        release.uninstall()

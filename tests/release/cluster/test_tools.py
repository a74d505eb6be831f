"""The real kubectl and helm accept what they are told; without a cluster behind them, they say that nobody answers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.errors import ChartError
from celery_platform.release.cluster.access import of_eks
from celery_platform.release.cluster.deploy import rollback
from celery_platform.release.cluster.keda import ensure_keda
from celery_platform.release.cluster.objects import namespace
from celery_platform.release.cluster.tools import Cluster

from tests.harness.processes import free_port

VALUES = {"eks": {"enabled": True, "namespace": "celery"}}


@pytest.fixture
def nobody(tmp_path: Path) -> Cluster:
    """A cluster at an address where nothing listens."""
    file = tmp_path / "kubeconfig"
    described = of_eks("none", {"endpoint": f"http://127.0.0.1:{free_port()}", "certificateAuthority": {"data": ""}})
    described["users"][0]["user"] = {"token": "none"}
    file.write_text(json.dumps(described))
    return Cluster(file)


@pytest.mark.parametrize(
    "asked",
    [
        lambda cluster: ensure_keda(cluster),
        lambda cluster: cluster.apply(namespace(VALUES)),
        lambda cluster: rollback(cluster, VALUES, print),
    ],
    ids=["kubectl get", "kubectl apply", "helm history"],
)
def test_a_cluster_that_does_not_answer_is_said_in_the_words_of_the_tool(
    nobody: Cluster, asked: Callable[[Cluster], object]
) -> None:
    with pytest.raises(ChartError, match=r"`(kubectl|helm) \w+ \S+` to succeed; found .*(refused|unreachable)"):
        asked(nobody)

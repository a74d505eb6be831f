"""A cluster that a person names: any with an API server, its controllers and KEDA's definitions."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from celery_platform.environment.model import BrokerKind
from celery_platform.release.cluster import objects

from tests.chart.rendered import CASES, Json, Rendered, case_id, render

from .live import Release, kubectl, ran
from .whole_chart import whole_chart

ASKED = "CLUSTER" in os.environ
WHY_NOT = "`make test-cluster` installs the chart on the cluster that KUBECONFIG names"
# An environment with a kind of broker and an autoscaler, or all that the chart has with either autoscaler.
CHARTS: dict[str, Callable[[], Rendered]] = {
    **{case_id(case): partial(render, *case) for case in CASES},
    **{f"everything-{autoscaler}": partial(whole_chart, autoscaler) for autoscaler in ("keda", "hpa")},
}


def pytest_report_header() -> str | None:
    """On what it runs."""
    if not (ASKED and os.environ.get("KUBECONFIG")):
        return None
    about = kubectl("version")["serverVersion"]
    nodes = len(kubectl("get", "nodes")["items"])
    return f"cluster: Kubernetes {about['gitVersion']} on {about['platform']}, {nodes} nodes"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave a cluster alone unless `make test-cluster` was typed and names one."""
    named = bool(os.environ.get("KUBECONFIG"))
    skip = pytest.mark.skip(reason="KUBECONFIG names no cluster" if ASKED else WHY_NOT)
    for item in items:
        if item.get_closest_marker("cluster") and not (ASKED and named):
            item.add_marker(skip)


@pytest.fixture(scope="module")
def keda() -> None:
    """KEDA's definitions, which `make deploy` installs with KEDA."""
    if not ran("kubectl", "get", "crd", "scaledobjects.keda.sh", "--ignore-not-found", "--output=name").stdout:
        pytest.skip("the cluster has no KEDA")


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A namespace as `make deploy` makes it, under a name of its own. Everything in it goes with it."""
    name = f"celery-test-{secrets.token_hex(3)}"
    ran("kubectl", "apply", "--filename=-", data=json.dumps(objects.namespace({"eks": {"namespace": name}})))
    yield name
    ran("kubectl", "delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module", params=CHARTS)
def case(request: pytest.FixtureRequest) -> Json:
    """The values of one of the charts."""
    resolved = CHARTS[request.param]().resolved
    if resolved["autoscaler"] == "keda":
        request.getfixturevalue("keda")
    return resolved


@pytest.fixture(scope="module")
def release(case: Json, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Where the case is installed."""
    release = Release(namespace, tmp_path_factory.mktemp("release"), BrokerKind(case["broker"]["kind"]))
    yield release
    release.uninstall()


@pytest.fixture(scope="module")
def said(release: Release, case: Json) -> str:
    """What the API server warned of when the case was installed."""
    return release.upgrade(case)

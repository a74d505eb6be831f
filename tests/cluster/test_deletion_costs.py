"""Level B: a pool that shrinks loses its idle workers first, and who sets their costs may change nothing else."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import urllib3
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind
from celery_platform.errors import SettingsError
from celery_platform.observability.deletion_costs.kubernetes import COST, Kubernetes, WorkerPod
from celery_platform.observability.deletion_costs.run import update

from tests.chart.rendered import Json
from tests.harness.environment import PROD, described
from tests.harness.waiting import eventually

from .fake_nodes import status_of
from .live import Release, kubectl, ran

pytestmark = pytest.mark.cluster
ACCOUNT, POOL, PREFIX, IDLE = "deletion-costs", "worker-io", "costs-prod", 2


@pytest.fixture(scope="module")
def release(namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    release = Release(namespace, tmp_path_factory.mktemp("release"), BrokerKind.SQS)
    env = described(PROD)
    broker = env.broker.model_copy(update={"kind": BrokerKind.SQS})
    # A prefix of its own, because the names of cluster-wide objects begin with it.
    changed = env.model_copy(update={"prefix": "costs", "broker": broker, "autoscaler": "hpa"})
    release.upgrade(resolve(changed))
    yield release
    release.uninstall()


@pytest.fixture(scope="module")
def api(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Kubernetes:
    """The API with the token of the chart's account, and no other right."""
    file = tmp_path_factory.mktemp("account") / "token"
    file.write_text(ran("kubectl", "create", "token", ACCOUNT, f"--namespace={release.namespace}").stdout)
    server = kubectl("config", "view", "--minify")["clusters"][0]["cluster"]["server"]
    kubernetes = Kubernetes(server, file, None, release.namespace)
    kubernetes._http = urllib3.PoolManager(cert_reqs="CERT_NONE", retries=False)
    return kubernetes


def pods(release: Release) -> dict[str, Json]:
    found = kubectl("get", "pods", f"--namespace={release.namespace}", "--selector=app.kubernetes.io/component=" + POOL)
    return {one["metadata"]["name"]: one for one in found["items"] if not one["metadata"].get("deletionTimestamp")}


def scale(release: Release, replicas: int) -> None:
    ran("kubectl", "scale", "deployment", POOL, f"--replicas={replicas}", f"--namespace={release.namespace}")
    eventually(lambda: len(run(release)) == replicas, f"{replicas} pods", 60)


def run(release: Release) -> dict[str, Json]:
    """The pods of the pool, which are said to run: they need no node to be chosen from."""
    found = pods(release)
    for name, pod in found.items():
        if pod["status"].get("phase") == "Pending":
            said = json.dumps({"status": status_of(pod)})
            where = ("--subresource=status", f"--namespace={release.namespace}")
            ran("kubectl", "patch", "pod", name, *where, f"--patch={said}")
    return found


def test_idle_workers_are_the_first_that_end(release: Release, api: Kubernetes) -> None:
    scale(release, 6)
    workers = sorted(api.workers(PREFIX), key=lambda pod: pod.name)
    assert {pod.name for pod in workers} == set(pods(release))
    busy, idle = workers[:-IDLE], workers[-IDLE:]
    for pod in busy:
        api.set_cost(pod, 5)
    for pod in idle:
        api.set_cost(pod, 0)
    assert {pod.name: pod.cost for pod in api.workers(PREFIX)} == {pod.name: 0 if pod in idle else 5 for pod in workers}

    scale(release, len(busy))

    assert set(pods(release)) == {pod.name for pod in busy}


class OneTask(BaseHTTPRequestHandler):
    """A worker that runs one task."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'celery_worker_tasks_active{hostname="io@pod"} 1.0\n')

    def log_message(self, *_: object) -> None:
        pass


def test_the_cost_is_written_once_from_what_the_worker_says(
    release: Release, api: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale(release, 2)
    server = HTTPServer(("127.0.0.1", 0), OneTask)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Pods of nodes that run nothing have no address that answers.
    found = api.workers
    monkeypatch.setattr(
        api, "workers", lambda name: [WorkerPod(pod.name, "127.0.0.1", pod.cost) for pod in found(name)]
    )
    with urllib3.PoolManager() as http:
        assert update(api, PREFIX, server.server_port, http) == 2
        assert update(api, PREFIX, server.server_port, http) == 0
    server.shutdown()
    assert {one["metadata"]["annotations"][COST] for one in pods(release).values()} == {"1"}


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"containers": [{"name": "worker", "image": "example.com/other"}]}},
        {"spec": {"activeDeadlineSeconds": 1}},
        {"metadata": {"labels": {"app.kubernetes.io/component": "other"}}},
        {"metadata": {"annotations": {"example.com/other": "1"}}},
        {"metadata": {"annotations": {"checksum/configuration": None}}},
        {"metadata": {"finalizers": ["example.com/never"]}},
        {"metadata": {"ownerReferences": []}},
    ],
)
def test_the_account_may_change_nothing_else(release: Release, api: Kubernetes, change: Json) -> None:
    if not pods(release):
        scale(release, 1)
    name = min(pods(release))

    answer = api._http.request(
        "PATCH", f"{api._pods}/{name}", body=json.dumps(change),
        headers={"Authorization": f"Bearer {api._token_file.read_text()}",
                 "Content-Type": "application/strategic-merge-patch+json"
                 if "containers" in str(change) else "application/merge-patch+json"},
    )  # fmt: skip

    if answer.status == 200:  # a finalizer would keep the namespace for ever
        kept = f"--namespace={release.namespace}"
        ran("kubectl", "patch", "pod", name, kept, "--type=merge", '--patch={"metadata": {"finalizers": null}}')
    assert answer.status == 422, answer.data
    assert b"deletion-costs may" in answer.data


def test_the_account_may_not_delete_or_create(release: Release) -> None:
    for verb, kind in (("delete", "pods"), ("create", "pods"), ("get", "secrets"), ("create", "pods/exec")):
        account = f"system:serviceaccount:{release.namespace}:{ACCOUNT}"
        with pytest.raises(AssertionError):
            ran("kubectl", "auth", "can-i", verb, kind, f"--as={account}", f"--namespace={release.namespace}")


def test_a_token_without_the_role_is_refused_in_words(release: Release, api: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(
        ran("kubectl", "create", "token", "beat", f"--namespace={release.namespace}").stdout
    )
    other = Kubernetes("", tmp_path / "token", None, release.namespace)
    other._http, other._pods = api._http, api._pods

    with pytest.raises(SettingsError, match="Install the chart's Role and RoleBinding"):
        list(other.workers(PREFIX))

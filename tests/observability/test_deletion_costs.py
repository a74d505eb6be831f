"""Deletion costs of pods: one pod that is refused, or says nonsense, leaves the others theirs."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from celery_platform.observability.deletion_costs.kubernetes import COMPONENT, Kubernetes
from celery_platform.observability.deletion_costs.run import update

PODS = ("a", "b", "c")


class Cluster(ThreadingHTTPServer):
    """The API of a cluster with three workers, and the metrics of each of them, who answer in no certain order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.refused: dict[str, int] = {}
        self.active = ["1.0"] * len(PODS)
        self.written: list[str] = []


class Answers(BaseHTTPRequestHandler):
    """Answers as both."""

    server: Cluster

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self.answer(200, f"celery_worker_tasks_active {self.server.active.pop()}\n")
        else:
            self.answer(200, json.dumps({"items": [running(name) for name in PODS]}))

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.rpartition("/")[2]
        status = self.server.refused.get(name, 200)
        if status == 200:
            self.server.written.append(name)
        self.answer(status, "{}")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def running(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {COMPONENT: "worker-io"}},
        "status": {"phase": "Running", "podIP": "127.0.0.1"},
    }


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        serving = threading.Thread(target=cluster.serve_forever)
        serving.start()
        yield cluster
        cluster.shutdown()
        serving.join()


def updated(cluster: Cluster, folder: Path) -> int:
    token = folder / "token"
    token.write_text("of the pod")
    kubernetes = Kubernetes(f"http://127.0.0.1:{cluster.server_port}", token, None, "celery")
    with urllib3.PoolManager() as http:
        return update(kubernetes, "celery-prod", cluster.server_port, http)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_pod_whose_cost_is_refused_is_logged_and_the_others_have_theirs(
    cluster: Cluster, status: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.refused["a"] = status

    assert updated(cluster, tmp_path) == 2

    assert cluster.written == ["b", "c"]
    (said,) = [record.getMessage() for record in caplog.records if "deletion cost" in record.getMessage()]
    assert "pod a" in said
    assert str(status) in said


@pytest.mark.parametrize("active", ["NaN", "+Inf", "many"])
def test_a_worker_that_says_no_number_leaves_the_others_their_costs(
    cluster: Cluster, active: str, tmp_path: Path
) -> None:
    cluster.active[0] = active

    assert updated(cluster, tmp_path) == 2

    assert len(cluster.written) == 2

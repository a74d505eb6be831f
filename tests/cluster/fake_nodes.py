"""Nodes that run nothing: a pod that is bound to one is said to be ready, and one of a Job to have ended.

For a control plane without a kubelet. What it schedules, evicts and waits for is real; no container is.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import urllib3

from tests.chart.rendered import Json
from tests.harness.processes import free_port
from tests.harness.waiting import eventually

from .live import ran, started

# Their zones. One has two nodes, so that pods that are spread over nodes alone are not spread over zones.
ZONES = {
    "celery-test-1": "eu-west-1a", "celery-test-2": "eu-west-1a", "celery-test-3": "eu-west-1b",
    "celery-test-4": "eu-west-1c",
}  # fmt: skip
ROOM = {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "1Ti"}
POD_CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


def now() -> str:
    """The time, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeNodes:
    """Nodes in three zones, and the loop that answers for their kubelets, over `kubectl proxy`.

    A pod of a Job succeeds, unless `jobs_fail`.
    """

    def __init__(self, api: str) -> None:
        self.api, self.http, self.ended = api, urllib3.PoolManager(), threading.Event()
        self.jobs_fail = False

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """The answer of the API."""
        kind = "application/strategic-merge-patch+json" if method == "PATCH" else "application/json"
        return self.http.request(method, self.api + path, json=body, headers={"Content-Type": kind}).json()

    def make(self) -> None:
        for name, zone in ZONES.items():
            labels = {
                "topology.kubernetes.io/zone": zone, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": name,
            }  # fmt: skip
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            self.call("POST", "/api/v1/nodes", node)

    def answer(self) -> None:
        """Until the end: nodes are ready, and so are the pods on them."""
        while not self.ended.is_set():
            for name in ZONES:
                ready = {"type": "Ready", "status": "True", "reason": "Fake", "message": "", "lastHeartbeatTime": now()}
                status = {"capacity": ROOM, "allocatable": ROOM, "conditions": [ready]}
                self.call("PATCH", f"/api/v1/nodes/{name}/status", {"status": status})
            for pod in self.call("GET", "/api/v1/pods")["items"]:
                if pod["spec"].get("nodeName") in ZONES:
                    self._answer_for(pod)
            time.sleep(0.5)

    def remove(self) -> None:
        for name in ZONES:
            self.call("DELETE", f"/api/v1/nodes/{name}")

    def _answer_for(self, pod: Json) -> None:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if pod["metadata"].get("deletionTimestamp"):
            self.call("DELETE", f"{path}?gracePeriodSeconds=0")
        elif pod["status"].get("phase") == "Pending":
            self.call("PATCH", f"{path}/status", {"status": status_of(pod, self.jobs_fail)})


def status_of(pod: Json, jobs_fail: bool = False) -> Json:
    """What a kubelet says of a pod whose containers run, or have ended if it is one of a Job."""
    ends = any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", ()))
    at = now()
    ended = {"exitCode": int(jobs_fail), "startedAt": at, "finishedAt": at}
    state = {"terminated": ended} if ends else {"running": {"startedAt": at}}
    containers = [
        {"name": one["name"], "image": one["image"], "imageID": one["image"], "ready": not ends, "started": not ends,
         "restartCount": 0, "state": state}
        for one in pod["spec"]["containers"]
    ]  # fmt: skip
    conditions = [
        {"type": name, "status": "False" if ends and name.endswith("Ready") else "True", "lastTransitionTime": at}
        for name in POD_CONDITIONS
    ]
    end = "Failed" if jobs_fail else "Succeeded"
    return {
        "phase": end if ends else "Running", "startTime": at, "podIP": "192.0.2.1", "conditions": conditions,
        "containerStatuses": containers,
    }  # fmt: skip


@contextmanager
def fake_nodes() -> Iterator[FakeNodes]:
    """Ready nodes while the context is open."""
    port = free_port()
    with started("kubectl", "proxy", f"--port={port}"):
        nodes = FakeNodes(f"http://127.0.0.1:{port}")
        eventually(lambda: ran("kubectl", "get", "--raw=/readyz").stdout == "ok" and _answers(nodes), "the proxy")
        nodes.make()
        loop = threading.Thread(target=nodes.answer)
        loop.start()
        try:
            yield nodes
        finally:
            nodes.ended.set()
            loop.join()
            nodes.remove()


def _answers(nodes: FakeNodes) -> bool:
    try:
        return "items" in nodes.call("GET", "/api/v1/nodes")
    except urllib3.exceptions.HTTPError:
        return False

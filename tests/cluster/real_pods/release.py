"""The release of the tests on real nodes, and its pods.

The nodes have the image of the tests' application under the name in CLUSTER_IMAGE, with its digest, and that of the
console under the name in CLUSTER_CONSOLE_IMAGE.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.chart.rendered import Json
from tests.harness.environment import TestEnvironment

from ..live import kubectl
from ..within_reach import install

IMAGE = os.environ.get("CLUSTER_IMAGE", "")
CONSOLE_IMAGE = os.environ.get("CLUSTER_CONSOLE_IMAGE", "")
WORKERS = 2
WORKER = "app.kubernetes.io/component=worker-io"
PORT = 8000
CONSOLE = {"runs_on": "eks", "port": 8321, "allow_actions": False, "load_balancer": None}


@dataclass(frozen=True)
class Deployed:
    """The release: where it is, what it was installed with, and the environment of its producers."""

    namespace: str
    folder: Path
    values: Json
    producer: TestEnvironment

    def upgrade(self, **variables: str) -> None:
        """Install or upgrade with these variables of all pods, and wait until the new pods are ready."""
        values = self.values | {"variables": self.values["variables"] | variables}
        install(self.namespace, self.folder, values, "--wait", "--timeout=5m")

    def workers(self) -> list[Json]:
        """The pods of the pool that do not end."""
        found = kubectl("get", "pods", f"--selector={WORKER}", f"--namespace={self.namespace}")["items"]
        return [one for one in found if not one["metadata"].get("deletionTimestamp")]


def ready(release: Deployed) -> list[Json]:
    """The pods of the pool that are ready."""
    return [one for one in release.workers() if has(one, "Ready")]


def has(pod: Json, condition: str) -> bool:
    """Whether a condition of a pod holds."""
    return any(one["type"] == condition and one["status"] == "True" for one in pod["status"].get("conditions", ()))

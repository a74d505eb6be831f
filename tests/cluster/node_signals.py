"""A signal to a container from its node. From within, the kernel keeps SIGSTOP from a container's first process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chart.rendered import Json

from .live import kubectl, ran

# Runs on the node: the first process of each container of a pod, except that of the sandbox.
STOP = """
import os, pathlib, signal, sys
uid, found = sys.argv[1], []
for each in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        groups = (each / "cgroup").read_text().replace("_", "-")
        inside = [line.split()[-1] for line in (each / "status").read_text().splitlines() if line.startswith("NSpid:")]
        command = (each / "cmdline").read_bytes()
    except OSError:
        continue
    if uid in groups and inside == ["1"] and b"--pool" in command:
        found.append(int(each.name))
assert found, "no process of the pod"
for process in found:
    os.kill(process, signal.SIGSTOP)
"""


@contextmanager
def _privileged_namespace(name: str) -> Iterator[None]:
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    ran("kubectl", "apply", "--filename=-", data=json.dumps(namespace))
    try:
        yield
    finally:
        ran("kubectl", "delete", "namespace", name, "--wait=false")


def freeze(pod: Json, image: str) -> None:
    """Stop the worker of a pod with SIGSTOP, as if it hung."""
    name = f"{pod['metadata']['namespace']}-node"
    container = {
        "name": "signal", "image": image, "command": ["python", "-c", STOP, pod["metadata"]["uid"]],
        "securityContext": {"runAsUser": 0, "privileged": True},
    }  # fmt: skip
    spec = {
        "nodeName": pod["spec"]["nodeName"], "hostPID": True, "restartPolicy": "Never",
        "automountServiceAccountToken": False, "containers": [container],
    }  # fmt: skip
    with _privileged_namespace(name):
        _default_account(name)
        it = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "signal"}, "spec": spec}
        ran("kubectl", "create", f"--namespace={name}", "--filename=-", data=json.dumps(it))
        ended = "--for=jsonpath={.status.phase}=Succeeded"
        ran("kubectl", "wait", "pod/signal", f"--namespace={name}", ended, "--timeout=60s")


def _default_account(namespace: str) -> None:
    """Wait for what the cluster makes in a new namespace, without which it refuses a pod."""
    ran("kubectl", "wait", "serviceaccount/default", f"--namespace={namespace}", "--for=create", "--timeout=60s")


def restarts(namespace: str, name: str) -> int:
    """How often the kubelet has restarted the containers of a pod."""
    pod = kubectl("get", "pod", name, f"--namespace={namespace}")
    return sum(one["restartCount"] for one in pod["status"]["containerStatuses"])

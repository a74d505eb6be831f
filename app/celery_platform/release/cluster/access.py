"""Which cluster the tools talk to: the environment's EKS cluster, or a context of the person's own kubeconfig.

Either becomes a kubeconfig of its own, so that nothing that happens elsewhere changes the cluster in the middle.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery_platform.errors import ChartError
from celery_platform.release.cluster.account import asked
from celery_platform.release.kubernetes_tools import tool


@contextmanager
def kubeconfig(cluster: str, context: str = "") -> Iterator[Path]:
    """A file that only this process and its children use.

    Args:
        cluster: the name of the environment's EKS cluster.
        context: a context of the person's kubeconfig to use instead.

    Raises:
        ChartError: there is no such cluster or context.

    Example: `with kubeconfig("celery-prod") as file: ...`
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(_of_context(context) if context else json.dumps(of_eks(cluster, _described(cluster))))
        yield file


def of_eks(name: str, cluster: dict[str, Any]) -> dict[str, Any]:
    """The kubeconfig of an EKS cluster as `DescribeCluster` returns it; its tokens come from `token.py`."""
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-m", "celery_platform.release.cluster.token", name],
        "interactiveMode": "Never",
    }
    server = {"server": cluster["endpoint"], "certificate-authority-data": cluster["certificateAuthority"]["data"]}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": login}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _described(name: str) -> dict[str, Any]:
    remedy = "Apply Terraform first, or name a context of your kubeconfig (CONTEXT=...)."
    answer = asked("eks", "describe_cluster", expected=f"the EKS cluster {name}", remedy=remedy, name=name)
    found: dict[str, Any] = answer["cluster"]
    return found


def _of_context(context: str) -> str:
    command = [tool("kubectl"), "config", "view", "--raw", "--minify", "--flatten", f"--context={context}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChartError(
            expected=f"a context {context} in your kubeconfig",
            found=done.stderr.strip() or "none",
            remedy="Choose one of `kubectl config get-contexts`.",
        )
    return done.stdout

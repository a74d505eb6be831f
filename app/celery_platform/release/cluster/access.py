"""Which cluster the tools talk to: the environment's EKS cluster, or a context of the person's own kubeconfig.

Either becomes a kubeconfig of its own, so that nothing that happens elsewhere changes the cluster in the middle.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery_platform.errors import ChartError
from celery_platform.release.cluster.account import asked
from celery_platform.release.kubernetes_tools import tool
from celery_platform.settings.tunnelled import LOOPBACK, Forwarded


@contextmanager
def kubeconfig(cluster: str, context: str = "", tunnel: Iterable[Forwarded] = ()) -> Iterator[Path]:
    """A file that only this process and its children use.

    Args:
        cluster: the name of the environment's EKS cluster.
        context: a context of the person's kubeconfig to use instead.
        tunnel: what a tunnel forwards, perhaps the cluster's API.

    Raises:
        ChartError: there is no such cluster or context.

    Example: `with kubeconfig("celery-prod") as file: ...`
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(_of_context(context) if context else json.dumps(of_eks(cluster, described(cluster), tunnel)))
        yield file


def described(name: str) -> dict[str, Any]:
    """An EKS cluster as `DescribeCluster` returns it.

    Raises:
        ChartError: there is no such cluster, or AWS does not answer.

    Example: `described("celery-prod")["endpoint"]`
    """
    remedy = "Apply Terraform first, or name a context of your kubeconfig (CONTEXT=...)."
    answer = asked("eks", "describe_cluster", expected=f"the EKS cluster {name}", remedy=remedy, name=name)
    found: dict[str, Any] = answer["cluster"]
    return found


def of_eks(
    name: str,
    cluster: dict[str, Any],
    tunnel: Iterable[Forwarded] = (),
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The kubeconfig of an EKS cluster as `DescribeCluster` returns it; its tokens come from `token.py`.

    Args:
        name: the cluster's.
        cluster: the answer of `DescribeCluster`.
        tunnel: what a tunnel forwards. Through it, kubectl still expects the certificate of the cluster's own name.
        variables: set for `token.py`, for a kubectl in a shell that knows nothing of the environment's account.
    """
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-m", "celery_platform.release.cluster.token", name],
        "interactiveMode": "Never",
        "env": [{"name": key, "value": value} for key, value in sorted((variables or {}).items())],
    }
    server = _server(cluster["endpoint"], tunnel) | {
        "certificate-authority-data": cluster["certificateAuthority"]["data"]
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": login}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _server(endpoint: str, tunnel: Iterable[Forwarded]) -> dict[str, str]:
    host = urlsplit(endpoint).hostname  # in lower case
    for one in tunnel:
        if one.host.lower() == host:
            return {"server": f"https://{LOOPBACK}:{one.local}", "tls-server-name": one.host}
    return {"server": endpoint}


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

"""The two requests to the Kubernetes API that deletion costs need, with the pod's own token."""

import json
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from celery_platform.errors import SettingsError

# Where Kubernetes mounts what a pod needs to ask its API (kubernetes.io, "Accessing the Kubernetes API from a Pod").
FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
HOST, PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
COST = "controller.kubernetes.io/pod-deletion-cost"
COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"
WORKER = "worker-"
TIMEOUT = urllib3.Timeout(connect=3, read=10)


@dataclass(frozen=True, slots=True)
class WorkerPod:
    """A worker's pod that runs; `cost` is `None` if it has none yet."""

    name: str
    address: str
    cost: int | None


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """What verifies the API's certificate: the chain to this authority, the dates and the name.

    Not the form of certificates, which Python also checks since 3.13: the authority of a cluster on EKS has no key
    identifier, so that no request would be sent to its API (kubernetes-client/python#2394).
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class Kubernetes:
    """The API of the pod's cluster, for the pods of one namespace.

    Example: `[pod.cost for pod in Kubernetes(url, token_file, None, "celery").workers("celery-prod")]`
    """

    def __init__(self, url: str, token_file: Path, ca_file: Path | None, namespace: str) -> None:
        self._pods = f"{url}/api/v1/namespaces/{namespace}/pods"
        self._token_file = token_file
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT, ssl_context=trusting(ca_file))

    def workers(self, instance: str) -> Iterator[WorkerPod]:
        """The running pods of workers; `instance` is the environment's prefix, such as `celery-prod`.

        Raises:
            SettingsError, HTTPError: the API refuses the request, or does not answer.
        """
        # Version 0 is answered from the API server's memory.
        query = urlencode({"labelSelector": f"{INSTANCE}={instance}", "resourceVersion": "0"})
        for pod in json.loads(self._ask("GET", f"{self._pods}?{query}"))["items"]:
            about, status = pod["metadata"], pod["status"]
            runs = status.get("phase") == "Running" and status.get("podIP") and not about.get("deletionTimestamp")
            if runs and about["labels"].get(COMPONENT, "").startswith(WORKER):
                cost = about.get("annotations", {}).get(COST)
                yield WorkerPod(about["name"], status["podIP"], None if cost is None else int(cost))

    def set_cost(self, pod: WorkerPod, cost: int) -> None:
        """Write the cost of a pod. One that is gone since is not an error.

        Raises:
            SettingsError, HTTPError: as above.
        """
        change = json.dumps({"metadata": {"annotations": {COST: str(cost)}}})
        self._ask("PATCH", f"{self._pods}/{pod.name}", change, gone=True)

    def _ask(self, method: str, url: str, body: str | None = None, *, gone: bool = False) -> bytes:
        # The kubelet replaces the token before it expires.
        headers = {"Authorization": f"Bearer {self._token_file.read_text().strip()}"}
        headers |= {"Content-Type": "application/merge-patch+json"} if body else {}
        answer = self._http.request(method, url, body=body, headers=headers)
        if answer.status != 200 and not (gone and answer.status == 404):
            raise SettingsError(
                expected=f"the Kubernetes API to allow {method} of pods",
                found=f"HTTP {answer.status} ({answer.data[:200].decode(errors='replace')})",
                remedy="Install the chart's Role and RoleBinding `deletion-costs`.",
            )
        return answer.data


def of_this_pod() -> Kubernetes:
    """The API of the cluster that this process runs in.

    Raises:
        SettingsError: it is no pod with a token.
    """
    try:
        host, port = os.environ[HOST], os.environ[PORT]
        namespace = (FOLDER / "namespace").read_text().strip()
    except (KeyError, OSError) as error:
        raise SettingsError(
            expected="a pod with access to the Kubernetes API",
            found=f"no {error}",
            remedy="The chart's Deployment `deletion-costs` runs this command.",
        ) from None
    at = f"[{host}]" if ":" in host else host
    return Kubernetes(f"https://{at}:{port}", FOLDER / "token", FOLDER / "ca.crt", namespace)

"""The chart in a namespace of its own, with servers on this machine at an address that the cluster reaches."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery_platform.release import helm
from celery_platform.release.cluster import objects
from celery_platform.release.cluster.deploy import RELEASE
from celery_platform.release.helm import chart

from tests.chart.rendered import Json

from .live import WITHOUT_NODES, ran

ADDRESS = os.environ.get("CLUSTER_HOST", "")
NO_ADDRESS = "CLUSTER_HOST does not say at which address the cluster reaches this machine, which runs the brokers"

# The servers of these tests are at addresses and ports that no environment knows. Policies add up.
ALL_TRAFFIC = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "all-traffic"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]},
}


@contextmanager
def own_namespace() -> Iterator[str]:
    """A namespace as `make deploy` makes it, without a limit on traffic. Whatever is in it goes with it."""
    name = f"celery-test-{secrets.token_hex(3)}"
    namespace = objects.namespace({"eks": {"namespace": name}})
    ran("kubectl", "apply", "--filename=-", data=json.dumps(namespace))
    try:
        ran("kubectl", "apply", f"--namespace={name}", "--filename=-", data=json.dumps(ALL_TRAFFIC))
        yield name
    finally:
        ran("kubectl", "delete", "namespace", name, "--wait=false")


def install(namespace: str, folder: Path, values: Json, *options: str) -> None:
    """Install the chart with these values, or upgrade to them."""
    file = folder / f"{namespace}.json"
    helm.write_values(file, values)
    arguments = ("upgrade", "--install", RELEASE, str(chart()), f"--values={file}", f"--namespace={namespace}")
    ran("helm", *arguments, *WITHOUT_NODES, *options)


def uninstall(namespace: str) -> None:
    """Remove the release, also what is not in its namespace."""
    ran("helm", "uninstall", RELEASE, f"--namespace={namespace}", "--ignore-not-found", "--no-hooks", "--wait")

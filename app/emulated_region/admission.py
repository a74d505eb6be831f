"""From the chart's manifests to pods, as controllers and admission webhooks of a cluster do it.

A Deployment becomes as many pods as its autoscaler's minimum. As on EKS, the Pod Identity webhook adds the role's
credentials to each pod's environment (here also the account's endpoint), and each pod has its own volumes.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulated_region.ensure import KIND_LABEL, SPEC_LABEL
from emulated_region.plan import OWNER_LABEL

Json = dict[str, Any]
KIND = "pod"
# The file with authorities that a pod trusts: those of the image and of the region.
TRUST = "/etc/region-trust.pem"
ADDRESS_LABEL = "celery-platform.address"
COMPONENT_LABEL = "app.kubernetes.io/component"


@dataclass(frozen=True)
class Pod:
    """A pod to create. Its name contains a digest of its specification, so a changed pod has another name."""

    name: str
    component: str
    digest: str
    grace_seconds: int
    manifest: Json
    configurations: tuple[Json, ...]
    ports: Mapping[str, int]

    @property
    def container(self) -> str:
        """Podman's name of its only container."""
        return f"{self.name}-{self.manifest['spec']['containers'][0]['name']}"

    @property
    def readiness(self) -> Json:
        """Its readiness probe; empty if it is ready as soon as it runs."""
        probe: Json = self.manifest["spec"]["containers"][0].get("readinessProbe", {})
        return probe


@dataclass(frozen=True)
class Admission:
    """What the cluster adds to each pod: the owner's label, credentials and endpoint of its role, and trusted authorities."""

    owner: str
    variables: Mapping[str, str]
    trust: Path


def admit_hooks(manifests: Sequence[Json], account: Admission) -> Iterator[Pod]:
    """The pods of Jobs that helm runs before it changes anything else, in order."""
    jobs = [one for one in manifests if one["kind"] == "Job"]
    for job in sorted(jobs, key=lambda one: int(one["metadata"]["annotations"]["helm.sh/hook-weight"])):
        yield _pod(job, 0, _configurations(manifests), account)


def admit(manifests: Sequence[Json], account: Admission) -> Iterator[Pod]:
    """The pods of Deployments, without those that talk to the Kubernetes API: podman has none."""
    configurations = _configurations(manifests)
    for deployment in (one for one in manifests if one["kind"] == "Deployment" and not _asks_kubernetes(one)):
        for number in range(_replicas(manifests, deployment)):
            yield _pod(deployment, number, configurations, account)


def _asks_kubernetes(deployment: Json) -> bool:
    return any("projected" in volume for volume in deployment["spec"]["template"]["spec"]["volumes"])


def _configurations(manifests: Sequence[Json]) -> tuple[Json, ...]:
    return tuple(one for one in manifests if one["kind"] == "ConfigMap")


def _replicas(manifests: Sequence[Json], deployment: Json) -> int:
    """The replicas of the Deployment, or the minimum of its autoscaler."""
    if "replicas" in deployment["spec"]:
        return int(deployment["spec"]["replicas"])
    for one in manifests:
        target = one.get("spec", {}).get("scaleTargetRef", {})
        if target.get("name") == deployment["metadata"]["name"]:
            return int(one["spec"].get("minReplicaCount", one["spec"].get("minReplicas", 1)))
    return 1


def _pod(controller: Json, number: int, configurations: tuple[Json, ...], account: Admission) -> Pod:
    component = controller["metadata"]["name"]
    spec: Json = json.loads(json.dumps(controller["spec"]["template"]["spec"]))
    owner, variables = account.owner, {**account.variables, "SSL_CERT_FILE": TRUST}
    made_from = json.dumps([spec, configurations, variables], sort_keys=True)
    digest = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    name = f"{owner}-{component}-{digest[:5]}-{number}"
    ports: dict[str, int] = {}
    for container in spec["containers"]:
        # Podman would ask over HTTP or TCP from within the container, with programs that the image does not have.
        for probe in ("startupProbe", "livenessProbe"):
            if "exec" not in container.get(probe, {"exec": {}}):
                del container[probe]
        # Podman would publish the container's port on this machine, where only one pod can have it.
        ports |= {port["name"]: port["containerPort"] for port in container.pop("ports", [])}
        own = {variable["name"] for variable in container["env"]}
        container["env"] += [{"name": key, "value": value} for key, value in variables.items() if key not in own]
        for mount in container["volumeMounts"]:
            mount["name"] = f"{name}-{mount['name']}"
        container["volumeMounts"].append({"name": f"{name}-trust", "mountPath": TRUST, "readOnly": True})
    for volume in spec["volumes"]:
        volume["name"] = f"{name}-{volume['name']}"
    spec["volumes"].append({"name": f"{name}-trust", "hostPath": {"path": str(account.trust), "type": "File"}})
    labels = {OWNER_LABEL: owner, SPEC_LABEL: digest, KIND_LABEL: KIND, COMPONENT_LABEL: component}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
    return Pod(name, component, digest, int(spec["terminationGracePeriodSeconds"]), manifest, configurations, ports)

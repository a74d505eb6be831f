"""kubectl and helm on the cluster that KUBECONFIG names, with what they say on standard error: the API's warnings."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from celery_platform.environment.model import BrokerKind
from celery_platform.release import helm
from celery_platform.release.cluster.deploy import OWNING, RELEASE
from celery_platform.release.helm import chart
from celery_platform.release.kubernetes_tools import tool
from local_containers.children import ended_with_parent

from tests.chart.rendered import Json, settings

# Without what needs nodes: waiting for pods, and the release command's Job.
WITHOUT_NODES = (*OWNING, "--no-hooks")


def ran(name: Literal["kubectl", "helm"], *arguments: str, data: str = "") -> subprocess.CompletedProcess[str]:
    """What a tool said. It has to succeed."""
    done = subprocess.run([tool(name), *arguments], input=data, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} {' '.join(arguments[:3])}: {done.stderr}"
    return done


def kubectl(*arguments: str, data: str = "") -> Any:
    """The JSON that kubectl prints."""
    return json.loads(ran("kubectl", *arguments, "--output=json", data=data).stdout)


@contextmanager
def started(name: Literal["kubectl", "helm"], *arguments: str) -> Iterator[None]:
    """A tool that runs while the context is open."""
    with subprocess.Popen([*ended_with_parent(), tool(name), *arguments], stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@dataclass(frozen=True)
class Release:
    """The chart in a namespace of its own, with the values of one case."""

    namespace: str
    folder: Path
    kind: BrokerKind

    def upgrade(self, resolved: Json) -> str:
        """Install or upgrade; returns what was said on standard error."""
        values = self.folder / "resolved.json"
        helm.write_values(values, resolved)
        arguments = ("upgrade", "--install", RELEASE, str(chart()), f"--values={values}", *settings(self.kind))
        return ran("helm", *arguments, *self._where, *WITHOUT_NODES).stderr

    def rollback(self) -> None:
        ran("helm", "rollback", RELEASE, *self._where, *WITHOUT_NODES)

    def uninstall(self) -> None:
        ran("helm", "uninstall", RELEASE, *self._where, "--no-hooks", "--ignore-not-found")

    def sent(self) -> list[Json]:
        """The objects of the current release, as helm sent them."""
        text = ran("helm", "get", "manifest", RELEASE, *self._where).stdout
        return [one for one in yaml.safe_load_all(text) if one]

    def stored(self) -> Iterator[tuple[Json, Json]]:
        """Each object as it was sent, and as the cluster has it."""
        for one in self.sent():
            yield one, kubectl("get", kind_of(one), one["metadata"]["name"], *self._where)

    @property
    def _where(self) -> tuple[str, ...]:
        return (f"--namespace={self.namespace}",)


def kind_of(one: Json) -> str:
    """The kind of an object as kubectl takes it, with its group where it has one.

    Example: `kind_of({"kind": "ScaledObject", "apiVersion": "keda.sh/v1alpha1"}) == "ScaledObject.v1alpha1.keda.sh"`
    """
    group, _, version = str(one["apiVersion"]).rpartition("/")
    return f"{one['kind']}.{version}.{group}" if group else str(one["kind"])
